"""The MNI152 template that nilearn carries: the 2009a symmetric average at 1 mm, with its tissue maps."""

from functools import cache

import nibabel as nib
import numpy as np
from nilearn import datasets
from nilearn.image import resample_img
from scipy.ndimage import gaussian_filter

from relmaps.space.grid import Grid

SPACE = "MNI152NLin2009aSym"
SHAPE = (197, 233, 189)
AFFINE = np.array([[1.0, 0, 0, -98], [0, 1, 0, -134], [0, 0, 1, -72], [0, 0, 0, 1]])


def grid_over(shape: tuple[int, ...], affine: np.ndarray, voxel_mm: float, space: str) -> Grid:
    """A grid of the given voxel size over the box of a template with axis-aligned voxels.

    The first voxel covers the first millimetres of the box, so its centre lies half a voxel in.
    """
    old = nib.affines.voxel_sizes(affine)
    new = np.diag([voxel_mm, voxel_mm, voxel_mm, 1.0])
    new[:3, 3] = affine[:3, 3] - old / 2 + voxel_mm / 2
    return Grid(tuple(int(np.ceil(n * size / voxel_mm)) for n, size in zip(shape, old, strict=True)), new, space)


def study_grid(voxel_mm: float) -> Grid:
    """A grid of the given voxel size over the packaged template's box."""
    return grid_over(SHAPE, AFFINE, voxel_mm, SPACE)


def t1() -> np.ndarray:
    """(197, 233, 189) float in 0..1: the skull-stripped T1 average."""
    return datasets.load_mni152_template(resolution=1).get_fdata()


@cache
def tissue_fractions() -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Brain mask (bool), and gm, wm, csf fractions at 1 mm; csf is all else in the brain."""
    brain = datasets.load_mni152_brain_mask(resolution=1).get_fdata() > 0
    gm = datasets.load_mni152_gm_template(resolution=1).get_fdata() * brain
    wm = datasets.load_mni152_wm_template(resolution=1).get_fdata() * brain
    total = np.maximum(gm + wm, 1)
    fractions = {"gm": gm / total, "wm": wm / total}
    fractions["csf"] = brain - fractions["gm"] - fractions["wm"]
    return brain, fractions


def average_on(data: np.ndarray, affine: np.ndarray, grid: Grid) -> np.ndarray:
    """(nx, ny, nz) float32: an image on a coarser grid, smoothed to the new voxel size first against aliasing."""
    old, new = nib.affines.voxel_sizes(affine), grid.voxel_mm
    sigma = np.sqrt(np.maximum(new**2 - old**2, 0)) / (np.sqrt(8 * np.log(2)) * old)
    smooth = nib.Nifti1Image(gaussian_filter(data.astype(np.float32), sigma), affine)
    resampled = resample_img(
        smooth, grid.affine, grid.shape, interpolation="linear", force_resample=True, copy_header=True
    )
    return np.asarray(resampled.dataobj, dtype=np.float32)
