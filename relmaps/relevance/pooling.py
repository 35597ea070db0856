"""From subjects' heatmaps to a group map: scale each, average within a fold, then average the folds."""

import logging

import numpy as np

from relmaps.errors import UserError

log = logging.getLogger("relmaps")

# How much the class means of controls and of disease count in a fold's map; None: all of its subjects count alike.
CLASS_WEIGHTS = {"all": None, "class_means": (0.5, 0.5), "disease": (0.0, 1.0), "contrast": (-1.0, 1.0)}


class PooledHeatmaps:
    """The mean over folds of each fold's pooled heatmap, as a function of subject weights.

    maps : per fold (n_test, n_voxels) float32, may be memory-mapped. rows : per fold (n_test,), where these subjects
    stand in a weight vector. labels : (n_subjects,) 0 or 1. pooling : key of CLASS_WEIGHTS. normalisation : "unit_l1"
    divides each subject's map by its sum of absolute values, "none" does not.
    """

    def __init__(
        self, maps: list[np.ndarray], rows: list[np.ndarray], labels: np.ndarray, pooling: str, normalisation: str
    ):
        self.maps, self.rows, self.labels, self.pooling = maps, rows, np.asarray(labels), pooling
        self.scales = [_scales(fold, normalisation) for fold in maps]

    def __call__(self, weights: np.ndarray) -> np.ndarray:
        """(n_draws, n_subjects) -> (n_draws, n_voxels) float32."""
        total = np.zeros((len(weights), self.maps[0].shape[1]), dtype=np.float32)
        for maps, rows, scales in zip(self.maps, self.rows, self.scales, strict=True):
            shares = pooling_shares(weights[:, rows], self.labels[rows], self.pooling) * scales / len(self.maps)
            total += shares.astype(np.float32) @ maps
        return total


def pooling_shares(weights: np.ndarray, labels: np.ndarray, pooling: str) -> np.ndarray:
    """(n_draws, n) factors with which one fold's maps add up to its pooled map.

    weights : (n_draws, n) multiplicities. labels : (n,) 0 or 1.
    Raises UserError if a class that the pooling needs has no subject.
    """
    if CLASS_WEIGHTS[pooling] is None:
        return weights / weights.sum(axis=1, keepdims=True)
    shares = np.zeros(weights.shape)
    for label, factor in enumerate(CLASS_WEIGHTS[pooling]):
        members = labels == label
        total = weights[:, members].sum(axis=1, keepdims=True)
        if factor and not total.all():
            raise UserError(f"relevance.pooling: {pooling} needs subjects of label {label} in every test fold; use all")
        shares[:, members] = factor * weights[:, members] / np.where(total > 0, total, 1)
    return shares


def _scales(maps: np.ndarray, normalisation: str) -> np.ndarray:
    """(n,) factor of each subject's map; a map that is zero everywhere stays so."""
    if normalisation == "none":
        return np.ones(len(maps))
    sums = np.array([np.abs(one).sum(dtype=np.float64) for one in maps])
    if not sums.all():
        log.warning("%d of %d heatmaps are zero everywhere", np.count_nonzero(sums == 0), len(sums))
    return 1 / np.where(sums > 0, sums, 1)
