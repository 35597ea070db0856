"""The difference of the class means outside each fold's test part, turned to tissue loss."""

import numpy as np

from relmaps.relevance.model_free.study import Combine, Study


def open_map(study: Study) -> Combine:
    return MeanDifference(study.features(), study.subjects["label"].to_numpy(), study.training_rows())


class MeanDifference:
    """Mean of the controls minus mean of those with disease, averaged over folds.

    Parameters
    ----------
    features : (n_subjects, n_voxels) float32.
    labels : (n_subjects,) 0 control, 1 disease.
    trains : per fold, rows of the subjects outside its test part.
    """

    def __init__(self, features: np.ndarray, labels: np.ndarray, trains: list[np.ndarray]):
        self.features, self.labels, self.trains = features, labels, trains

    def __call__(self, weights: np.ndarray) -> np.ndarray:
        """(n_bootstrap, n_subjects) -> (n_bootstrap, n_voxels) float32, in units of the feature."""
        shares = np.mean([self._shares(weights, rows) for rows in self.trains], axis=0)
        return shares.astype(np.float32) @ self.features

    def _shares(self, weights: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """(n_bootstrap, n_subjects) factor of each subject in a fold's difference."""
        shares = np.zeros(weights.shape)
        for label, sign in ((0, 1), (1, -1)):
            members = rows[self.labels[rows] == label]
            taken = weights[:, members]
            shares[:, members] = sign * taken / taken.sum(axis=1, keepdims=True)
        return shares
