"""Partial area under the receiver operating characteristic."""

import numpy as np

from relmaps.overlap.map_comparison import MapComparison
from relmaps.overlap.metrics.metric import Metric

HIGHEST = 0.1  # ASSUME: of the voxels outside a reference, readers look at no more than a tenth


class PartialAuc(Metric):
    """Area under the ROC curve up to a false positive rate of .1, on a scale where .5 is chance and 1 is perfect.

    Its unbounded scale is the logarithm of the odds of the mean true positive rate in that range.
    """

    source = "McClish 1989, Med Decis Making 9:190; as in scikit-learn"
    bounds = ((1 - HIGHEST) / (2 - HIGHEST), 1.0)

    def __call__(self, comparison: MapComparison) -> float:
        false_positive, true_positive = comparison.curve.rates()
        low = false_positive <= HIGHEST
        at_end = np.interp(HIGHEST, false_positive, true_positive)
        area = np.trapezoid(np.append(true_positive[low], at_end), np.append(false_positive[low], HIGHEST))
        return float(self._standardise(area / HIGHEST))

    def unbounded(self, values: np.ndarray) -> np.ndarray:
        lowest, highest = self.bounds
        return super().unbounded((values - lowest) / (highest - lowest))

    def bounded(self, values: np.ndarray) -> np.ndarray:
        return self._standardise(super().bounded(values))

    def _standardise(self, mean_rate: np.ndarray) -> np.ndarray:
        """From the mean true positive rate, which is HIGHEST / 2 by chance."""
        lowest, highest = self.bounds
        return lowest + (highest - lowest) * mean_rate
