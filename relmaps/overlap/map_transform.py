"""What happens to a map before it is ranked, alike for every map: its sign, then its smoothing."""

from collections.abc import Callable

import numpy as np
from scipy import ndimage

FWHM_PER_SIGMA = np.sqrt(8 * np.log(2))


def positive_part(values: np.ndarray) -> np.ndarray:
    return np.maximum(values, 0)


SIGNS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "abs": np.abs,
    "positive": positive_part,
    "signed": np.asarray,
}


class MapTransform:
    """Sign and smoothing of maps inside one brain.

    brain : (nx, ny, nz) bool; maps are (n_voxels,), the values inside it in C order. voxel_mm : (3,). sign : abs,
    positive (negative values become 0) or signed. smoothing_mm : FWHM of the Gaussian. The brain's outside does not
    bleed in: a smoothed value is the weighted mean over brain voxels only.
    """

    def __init__(self, brain: np.ndarray, voxel_mm: np.ndarray, sign: str, smoothing_mm: float):
        self._sign = SIGNS[sign]
        self._box = ndimage.find_objects(brain.astype(np.uint8))[0]
        self._brain = brain[self._box]
        self._kernels: list[np.ndarray] = []
        if smoothing_mm:
            self._kernels = [
                gaussian_matrix(size, smoothing_mm / FWHM_PER_SIGMA / mm)
                for size, mm in zip(self._brain.shape, voxel_mm, strict=True)
            ]
            self._coverage = self._blur(np.ones((1, self._brain.sum()), dtype=np.float32))[0]

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """Of one map (n_voxels,) or of several (n_maps, n_voxels), in float32."""
        values = self._sign(np.asarray(values, dtype=np.float32))
        if not self._kernels:
            return values
        return (self._blur(np.atleast_2d(values)) / self._coverage).reshape(values.shape)

    def _blur(self, maps: np.ndarray) -> np.ndarray:
        """One product with a matrix per axis: several times as fast as a filter that walks along lines."""
        x, y, z = self._kernels
        blurred = np.empty(maps.shape, dtype=np.float32)
        volume = np.zeros(self._brain.shape, dtype=np.float32)
        for values, out in zip(maps, blurred, strict=True):
            volume[self._brain] = values
            along_z_and_y = np.matmul(y, volume @ z)
            out[:] = np.tensordot(x, along_z_and_y, axes=1)[self._brain]
        return blurred


def gaussian_matrix(size: int, sigma: float) -> np.ndarray:
    """(size, size) float32, symmetric: what convolves a line of voxels with a Gaussian; sigma in voxels.

    Beyond the ends there is nothing, and the Gaussian's tails are not cut.
    """
    lags = np.arange(-10 * size, 10 * size + 1)
    weights = np.exp(-(lags**2) / (2 * sigma**2))
    weights /= weights.sum()
    return weights[np.subtract.outer(np.arange(size), np.arange(size)) + 10 * size].astype(np.float32)
