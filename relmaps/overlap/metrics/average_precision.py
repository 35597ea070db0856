"""Average precision."""

import numpy as np

from relmaps.overlap.metrics.metric import Metric
from relmaps.overlap.ranking import Curve


class AveragePrecision(Metric):
    """Mean of the precision over the reference's voxels, each at the level where it is kept, without interpolation.

    Unlike ROC AUC it is low where a small reference is drowned by false positives; a map at chance scores the share of
    voxels that the reference holds.
    """

    name = "average_precision"
    source = "Manning, Raghavan and Schütze 2008, Introduction to Information Retrieval, ch. 8; as in scikit-learn"
    higher_is_better = True
    bounds = (0.0, 1.0)

    def __call__(self, curve: Curve) -> float:
        return float(np.diff(curve.hits, prepend=0) @ (curve.hits / curve.kept) / curve.reference_voxels)
