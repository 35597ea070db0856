"""One memory-mapped array per feature: all subjects' maps, smoothed and scaled, so that nothing later opens scans."""

import contextlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from scipy.ndimage import gaussian_filter

from relmaps.io.files import replacing
from relmaps.io.images import read_map
from relmaps.io.memmap import new_array
from relmaps.space.grid import Grid


def build_array(
    maps: Iterable[str | Path],
    n_subjects: int,
    path: str | Path,
    grid: Grid,
    brain: np.ndarray,
    smoothing_mm: float,
    scale: np.ndarray,
    min_max: bool = False,
    threshold: float | None = None,
) -> None:
    """Write (n_subjects, nx, ny, nz) float32 as .npy, zero outside the brain.

    maps : files on the study's grid, in the order of subjects.tsv. brain : (nx, ny, nz) bool. smoothing_mm : FWHM of a
    Gaussian. scale : (n_subjects,) factor of each map. min_max : bring each subject's brain voxels to 0..1, as Wang et
    al. (2023) do; a map that is constant becomes 0. threshold : first turn each map into 1 above it and 0 elsewhere.
    """
    sigma = smoothing_mm / np.sqrt(8 * np.log(2)) / grid.voxel_mm
    with replacing(path) as temporary, contextlib.ExitStack() as stack:
        array = new_array(temporary, (n_subjects, *grid.shape), np.float32)
        stack.callback(array.flush)
        for row, (source, factor) in enumerate(zip(maps, scale, strict=True)):
            image = read_map(source, grid)
            if threshold is not None:
                image = (image > threshold).astype(np.float32)
            smooth = gaussian_filter(image, sigma) * np.float32(factor)
            if min_max:
                low, high = smooth[brain].min(), smooth[brain].max()
                smooth = (smooth - low) / (high - low or np.float32(1))
            array[row] = smooth * brain
