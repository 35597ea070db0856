"""The mean T1 image."""

import numpy as np

from relmaps.relevance.model_free.study import Combine, Study


def open_map(study: Study) -> Combine:
    return WeightedMean(study.features())


class WeightedMean:
    """Mean of the subjects' features (n_subjects, n_voxels), as a function of their multiplicities."""

    def __init__(self, features: np.ndarray):
        self.features = features

    def __call__(self, weights: np.ndarray) -> np.ndarray:
        """(n_bootstrap, n_subjects) -> (n_bootstrap, n_voxels) float32, in units of the feature."""
        return (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32) @ self.features
