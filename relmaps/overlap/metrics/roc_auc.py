"""Area under the receiver operating characteristic."""

import numpy as np
from scipy.special import ndtr, ndtri

from relmaps.overlap.map_comparison import MapComparison
from relmaps.overlap.metrics.metric import SMALLEST, Metric


class RocAuc(Metric):
    """Probability that a voxel of the reference lies above a voxel outside it, equal values counted half.

    Its unbounded scale is the normal quantile: of two normal distributions of equal spread, sqrt(1 / 2) times the
    distance of their means in standard deviations (Hanley 1988, Med Decis Making 8:197).
    """

    source = "Hanley and McNeil 1982, Radiology 143:29"

    def __call__(self, comparison: MapComparison) -> float:
        false_positive, true_positive = comparison.curve.rates()
        return float(np.trapezoid(true_positive, false_positive))

    def unbounded(self, values: np.ndarray) -> np.ndarray:
        return ndtri(np.clip(values, SMALLEST, 1 - SMALLEST))

    def bounded(self, values: np.ndarray) -> np.ndarray:
        return ndtr(values)
