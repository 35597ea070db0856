"""From subjects' heatmaps to a group map: scale each, average within a fold, then average the folds."""

import logging
from dataclasses import dataclass

import numpy as np

from relmaps.io.errors import UserError

log = logging.getLogger("relmaps")

# How much the class means of controls and of disease count in a fold's map; None: all of its subjects count alike.
CLASS_WEIGHTS = {
    "all": None,
    "class_means": (0.5, 0.5),
    "disease": (0.0, 1.0),
    "contrast": (-1.0, 1.0),
}
# What is done to a subject's map before it is averaged.
RECTIFIERS = {"signed": np.asarray, "abs": np.abs, "positive": lambda maps: np.maximum(maps, 0)}
BLOCK_BYTES = 64 * 2**20  # of subject maps held at once


@dataclass(frozen=True, eq=False)
class FoldHeatmaps:
    """Heatmaps of the held-out subjects of one fold.

    maps : (n, n_voxels), may be memory-mapped and half precision; times `amplitude` (n,) they are the heatmaps.
    l1 : (n,) sum of the absolute values of each heatmap. rows : (n,), where these subjects stand in a weight vector.
    """

    maps: np.ndarray
    rows: np.ndarray
    amplitude: np.ndarray
    l1: np.ndarray

    def scales(self, normalisation: str) -> np.ndarray:
        """(n,) factor of each stored map; a map that is zero everywhere stays so."""
        if normalisation == "none":
            return self.amplitude
        if not self.l1.all():
            log.warning("%d of %d heatmaps are zero everywhere", np.count_nonzero(self.l1 == 0), len(self.l1))
        return self.amplitude / np.where(self.l1 > 0, self.l1, 1)


class PooledHeatmaps:
    """The mean over folds of each fold's pooled heatmap, as a function of subject weights.

    labels : (n_subjects,) 0 or 1. pooling : key of CLASS_WEIGHTS. normalisation : "unit_l1" divides each subject's map
    by its sum of absolute values, "none" does not. rectify : key of RECTIFIERS, done before averaging. Memory does not
    grow with the number of subjects: their maps are read in blocks of voxels.
    """

    def __init__(
        self,
        folds: list[FoldHeatmaps],
        labels: np.ndarray,
        pooling: str,
        normalisation: str,
        rectify: str = "signed",
    ):
        self.folds, self.labels, self.pooling, self.rectify = folds, np.asarray(labels), pooling, RECTIFIERS[rectify]
        self.scales = [fold.scales(normalisation) for fold in folds]

    def __call__(self, weights: np.ndarray) -> np.ndarray:
        """(n_bootstrap, n_subjects) -> (n_bootstrap, n_voxels) float32."""
        n_voxels = self.folds[0].maps.shape[1]
        total = np.zeros((len(weights), n_voxels), dtype=np.float32)
        for fold, scales in zip(self.folds, self.scales, strict=True):
            shares = pooling_shares(weights[:, fold.rows], self.labels[fold.rows], self.pooling)
            shares = (shares * scales / len(self.folds)).astype(np.float32)
            size = max(1, BLOCK_BYTES // (4 * len(fold.rows)))
            for start in range(0, n_voxels, size):
                voxels = slice(start, start + size)
                total[:, voxels] += shares @ self.rectify(fold.maps[:, voxels].astype(np.float32))
        return total


def pooling_shares(weights: np.ndarray, labels: np.ndarray, pooling: str) -> np.ndarray:
    """(n_bootstrap, n) factors with which one fold's maps add up to its pooled map.

    weights : (n_bootstrap, n) multiplicities. labels : (n,) 0 or 1. A draw without any subject gets a map of zeros.
    Raises UserError if a class that the pooling needs has no subject.
    """
    if CLASS_WEIGHTS[pooling] is None:
        total = weights.sum(axis=1, keepdims=True)
        return weights / np.where(total > 0, total, 1)
    shares = np.zeros(weights.shape)
    for label, factor in enumerate(CLASS_WEIGHTS[pooling]):
        members = labels == label
        total = weights[:, members].sum(axis=1, keepdims=True)
        if factor and not total.all():
            raise UserError(f"relevance.pooling: {pooling} needs subjects of label {label} in every test fold; use all")
        shares[:, members] = factor * weights[:, members] / np.where(total > 0, total, 1)
    return shares
