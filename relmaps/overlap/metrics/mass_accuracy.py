"""Relevance mass accuracy."""

import numpy as np

from relmaps.overlap.map_comparison import MapComparison
from relmaps.overlap.metrics.metric import Metric


class MassAccuracy(Metric):
    """Share of all positive relevance that lies in the reference.

    The one metric here that depends on the values and not on their order. A constant map scores the share of voxels
    that the reference holds. NaN for a map without positive values.
    """

    source = "Arras, Osman and Samek 2022, Inf Fusion 81:14, Eq. 12"

    def __call__(self, comparison: MapComparison) -> float:
        positive = np.maximum(comparison.values, 0)
        total = positive.sum(dtype=np.float64)
        return float(positive[comparison.target.inside].sum(dtype=np.float64) / total) if total > 0 else np.nan
