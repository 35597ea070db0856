"""Area under the receiver operating characteristic, adjusted for tissue."""

import numpy as np

from relmaps.overlap.map_comparison import MapComparison
from relmaps.overlap.metrics.roc_auc import RocAuc
from relmaps.overlap.target import N_STRATA


class TissueAdjustedAuc(RocAuc):
    """ROC AUC among voxels of alike grey matter probability, the mean over the reference's voxels.

    A voxel of the reference is compared with the voxels outside it in its own stratum (relmaps.overlap.target), equal
    values counted half. So a map that shows nothing but tissue scores about .5. Strata of the reference alone are left
    out; NaN if none is left, or without grey matter probability.
    """

    source = "Janes and Pepe 2009, Biometrika 96:371 (covariate-adjusted ROC curve), with strata for the covariate"

    def __call__(self, comparison: MapComparison) -> float:
        strata, inside = comparison.target.strata, comparison.target.inside
        if strata is None:
            return np.nan
        places = comparison.ranking.places_within(strata)[inside]
        reference = np.bincount(strata[inside], minlength=N_STRATA)
        others = np.bincount(strata, minlength=N_STRATA) - reference
        # Mann-Whitney: places from the highest, less those that the reference takes by itself, count who lies above.
        above = np.bincount(strata[inside], weights=places, minlength=N_STRATA) - reference * (reference + 1) / 2
        compared = (reference > 0) & (others > 0)
        if not compared.any():
            return np.nan
        share_above = above[compared] / (reference * others)[compared]
        return float(1 - np.average(share_above, weights=reference[compared]))
