"""Hit rate per cluster of the reference."""

import numpy as np

from relmaps.overlap.map_comparison import MapComparison
from relmaps.overlap.metrics.metric import Metric


class ClusterHitRate(Metric):
    """Mean over the reference's connected parts of the share of the part that is kept.

    Kept are the map's highest voxels, as many as the reference has. Small parts count as much as large ones, so that a
    map which finds the largest alone scores low.
    """

    source = "mean of the recall over clusters; Maier-Hein et al. 2024, Nat Methods 21:195 (per-instance sensitivity)"

    def __call__(self, comparison: MapComparison) -> float:
        clusters = comparison.target.clusters[comparison.target.inside]
        kept = np.bincount(clusters, weights=comparison.kept[comparison.target.inside])[1:]
        return float((kept / np.bincount(clusters)[1:]).mean())
