"""Area under the receiver operating characteristic."""

import numpy as np

from relmaps.overlap.metrics.metric import Metric
from relmaps.overlap.ranking import Curve


class RocAuc(Metric):
    """Probability that a voxel of the reference lies above a voxel outside it, equal values counted half."""

    name = "roc_auc"
    source = "Hanley and McNeil 1982, Radiology 143:29"
    higher_is_better = True
    bounds = (0.0, 1.0)

    def __call__(self, curve: Curve) -> float:
        false_positive, true_positive = curve.rates()
        return float(np.trapezoid(true_positive, false_positive))
