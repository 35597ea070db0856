"""The edges of the mean T1 image."""

import numpy as np

from relmaps.relevance.model_free.mean_t1 import WeightedMean
from relmaps.relevance.model_free.study import Combine, Study


def open_map(study: Study) -> Combine:
    return EdgesOfMean(study.features(), study.brain, study.grid.voxel_mm)


class EdgesOfMean:
    """Gradient magnitude of the mean image per mm, by central differences; the image is zero outside the brain.

    features : (n_subjects, n_voxels) float32. brain : (nx, ny, nz) bool. voxel_mm : (3,) voxel size.
    """

    def __init__(self, features: np.ndarray, brain: np.ndarray, voxel_mm: np.ndarray):
        self.mean, self.brain, self.voxel_mm = WeightedMean(features), brain, voxel_mm

    def __call__(self, weights: np.ndarray) -> np.ndarray:
        """(n_bootstrap, n_subjects) -> (n_bootstrap, n_voxels) float32."""
        return np.array([self._edges(mean) for mean in self.mean(weights)], dtype=np.float32)

    def _edges(self, mean: np.ndarray) -> np.ndarray:
        volume = np.zeros(self.brain.shape, dtype=np.float32)
        volume[self.brain] = mean
        slopes = np.gradient(volume, *self.voxel_mm)
        return np.sqrt(sum(slope**2 for slope in slopes))[self.brain]
