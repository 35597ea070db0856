"""Average precision."""

import numpy as np

from relmaps.overlap.map_comparison import MapComparison
from relmaps.overlap.metrics.metric import Metric


class AveragePrecision(Metric):
    """Mean of the precision over the reference's voxels, each at the level where it is kept, without interpolation.

    Unlike ROC AUC it is low where a small reference is drowned by false positives; a map at chance scores the share of
    voxels that the reference holds.
    """

    source = "Manning, Raghavan and Schütze 2008, Introduction to Information Retrieval, ch. 8; as in scikit-learn"

    def __call__(self, comparison: MapComparison) -> float:
        curve = comparison.curve
        return float(np.diff(curve.hits, prepend=0) @ (curve.hits / curve.kept) / curve.reference_voxels)
