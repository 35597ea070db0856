"""Spearman correlation with the unthresholded reference."""

import numpy as np

from relmaps.overlap.map_comparison import MapComparison
from relmaps.overlap.metrics.metric import SMALLEST, Metric


class Spearman(Metric):
    """Rank correlation of the map with the reference's map before any threshold, over all scored voxels.

    Equal values get their mean rank. NaN where the map is constant, or the reference's is or was not given. Its
    unbounded scale is Fisher's z.
    """

    source = "Spearman 1904, Am J Psychol 15:72"
    bounds = (-1.0, 1.0)

    def __call__(self, comparison: MapComparison) -> float:
        evidence = comparison.target.evidence_ranks
        if evidence is None:
            return np.nan
        places = comparison.ranking.places()
        ranks = places.mean() - places
        scale = np.sqrt((ranks @ ranks) * (evidence @ evidence))
        return float(ranks @ evidence / scale) if scale > 0 else np.nan

    def unbounded(self, values: np.ndarray) -> np.ndarray:
        return np.arctanh(np.clip(values, SMALLEST - 1, 1 - SMALLEST))

    def bounded(self, values: np.ndarray) -> np.ndarray:
        return np.tanh(values)
