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


class Treatment:
    """Sign and smoothing of maps inside one brain.

    brain : (nx, ny, nz) bool; maps are (n_voxels,), the values inside it in C order. voxel_mm : (3,). sign : abs,
    positive (negative values become 0) or signed. smoothing_mm : FWHM of the Gaussian. The brain's outside does not
    bleed in: a smoothed value is the weighted mean over brain voxels only.
    """

    def __init__(self, brain: np.ndarray, voxel_mm: np.ndarray, sign: str, smoothing_mm: float):
        self._sign = SIGNS[sign]
        self._box = ndimage.find_objects(brain.astype(np.uint8))[0]
        self._brain = brain[self._box]
        self._sigma = smoothing_mm / FWHM_PER_SIGMA / np.asarray(voxel_mm)
        self._coverage = self._blur(np.ones(self._brain.sum(), dtype=np.float32)) if smoothing_mm else None

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """(n_voxels,) float32 of a map (n_voxels,)."""
        values = self._sign(np.asarray(values, dtype=np.float32))
        return values if self._coverage is None else self._blur(values) / self._coverage

    def _blur(self, values: np.ndarray) -> np.ndarray:
        volume = np.zeros(self._brain.shape, dtype=np.float32)
        volume[self._brain] = values
        return ndimage.gaussian_filter(volume, self._sigma, mode="constant")[self._brain]
