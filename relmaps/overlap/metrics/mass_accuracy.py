"""Relevance mass accuracy."""

import numpy as np

from relmaps.overlap.match import Match
from relmaps.overlap.metrics.metric import Metric


class MassAccuracy(Metric):
    """Share of all positive relevance that lies in the reference.

    The one metric here that depends on the values and not on their order. A constant map scores the share of voxels
    that the reference holds. NaN for a map without positive values.
    """

    source = "Arras, Osman and Samek 2022, Inf Fusion 81:14, Eq. 12"

    def __call__(self, match: Match) -> float:
        positive = np.maximum(match.values, 0)
        total = positive.sum(dtype=np.float64)
        return float(positive[match.target.inside].sum(dtype=np.float64) / total) if total > 0 else np.nan
