"""Voxelwise z-scoring whose mean and scale come from the training part alone."""

from dataclasses import dataclass

import numpy as np

# ASSUME: the least standard deviation that a voxel is divided by, as a share of the typical (root mean square) one.
# Without it, voxels at the rim of the grey matter, or any voxel when few subjects train, get z-scores of hundreds in
# held-out subjects and rule both the network and its maps.
SMALLEST_SHARE = 0.1


@dataclass(frozen=True, eq=False)
class Scaling:
    """Subtract `mean` and divide by `scale`, both float32 in units of the feature: (nx, ny, nz), or () for UNSCALED."""

    mean: np.ndarray
    scale: np.ndarray

    def apply(self, images: np.ndarray) -> np.ndarray:
        """(..., nx, ny, nz) images of the feature -> the same shape, float32, as the network sees them."""
        return (np.asarray(images, dtype=np.float32) - self.mean) / self.scale


UNSCALED = Scaling(np.zeros((), np.float32), np.ones((), np.float32))


def fit_scaling(images: np.ndarray, train: np.ndarray) -> Scaling:
    """Mean and standard deviation of the training subjects, one image in memory at a time.

    images : (n_subjects, nx, ny, nz) float32, may be memory-mapped. train : (n_train,) indices.
    A voxel that is constant over the training part gets scale 1, one that varies little gets SMALLEST_SHARE of the root
    mean square of all standard deviations that are not zero.
    """
    mean = np.zeros(images.shape[1:])
    squares = np.zeros(images.shape[1:])
    for count, row in enumerate(train, 1):  # Welford 1962: stable, in one pass
        difference = images[row] - mean
        mean += difference / count
        squares += difference * (images[row] - mean)
    deviation = np.sqrt(squares / len(train))
    varies = deviation > 0
    floor = SMALLEST_SHARE * np.sqrt(np.mean(deviation[varies] ** 2)) if varies.any() else 1
    scale = np.where(varies, np.maximum(deviation, floor), 1)
    return Scaling(mean.astype(np.float32), scale.astype(np.float32))
