"""From a map's own grid to the study's."""

import logging
from pathlib import Path

import nibabel as nib
import numpy as np
from nilearn.image import resample_img

from relmaps.io.errors import UserError
from relmaps.io.images import read_foreign_map
from relmaps.space.grid import Grid

log = logging.getLogger("relmaps")

SFORM_TALAIRACH, SFORM_MNI = 3, 4  # the NIfTI standard's codes
LEAST_COVERED = 0.5  # ASSUME: a map of less of the brain is not a small one but one whose affine is wrong


def read_on_grid(path: str | Path, grid: Grid, brain: np.ndarray) -> tuple[np.ndarray, str]:
    """A ready-made NIfTI map in MNI space, (nx, ny, nz) float32 on the study's grid, and a note on how it came there.

    A map on another grid is resampled linearly. brain : (nx, ny, nz) bool. Raises UserError if the image cannot be
    used, lies in Talairach space or covers less than half of the brain.
    """
    image = read_foreign_map(path)
    note = _space(path, image)
    if grid.fits(image.shape, image.affine):
        data = image.get_fdata(dtype=np.float32)
        note += " It is on the study's grid."
    else:
        covered = _share_covered(image, grid, brain)
        if covered < LEAST_COVERED:
            raise UserError(
                f"{path}: covers {100 * covered:.0f} % of the study's brain; check its affine, and give a map of the "
                f"whole brain in {grid.space} or another MNI space"
            )
        data = resample(image, grid)
        note += f" Resampled linearly from {image.shape}; it covers {100 * covered:.1f} % of the brain."
    log.info("%s: %s", path, note)
    return data, note


def resample(image: nib.Nifti1Image, grid: Grid) -> np.ndarray:
    """(nx, ny, nz) float32: the image's values at the voxel centres of the grid, linearly; 0 outside the image."""
    resampled = resample_img(
        image, grid.affine, grid.shape, interpolation="linear", force_resample=True, copy_header=True
    )
    return resampled.get_fdata(dtype=np.float32)


def _share_covered(image: nib.Nifti1Image, grid: Grid, brain: np.ndarray) -> float:
    """Share of the brain's voxels whose centres lie inside the image."""
    positions = nib.affines.apply_affine(np.linalg.inv(image.affine), grid.coordinates()[:, brain].T)
    return float(((positions > -0.5) & (positions < np.array(image.shape) - 0.5)).all(axis=1).mean())


def _space(path: str | Path, image: nib.Nifti1Image) -> str:
    code = int(image.header["sform_code"])
    if code == SFORM_TALAIRACH:
        raise UserError(f"{path}: its header says Talairach space; convert it to MNI space")
    return "Its header says MNI space." if code == SFORM_MNI else "Its header names no template; taken as MNI space."
