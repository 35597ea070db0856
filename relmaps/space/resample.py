"""From a map's own grid to the study's."""

import logging
import warnings
from pathlib import Path

import nibabel as nib
import numpy as np
from nilearn.image import resample_img

from relmaps.io.errors import UserError
from relmaps.io.foreign import names_mni, read_foreign_map
from relmaps.space.grid import Grid

log = logging.getLogger("relmaps")

LEAST_COVERED = 0.5  # ASSUME: a map of less of the brain is not a small one but one whose affine is wrong
LEAST_ZEROS = 0.05  # ASSUME: of the brain, in a map that was thresholded


def read_on_grid(
    path: str | Path, grid: Grid, brain: np.ndarray, *, polarity: int = 1, affine: str | None = None
) -> tuple[np.ndarray, str]:
    """Read a map in MNI space that others made, on the study's grid.

    A map on another grid is resampled linearly. Of one that was thresholded, the support is resampled as a mask and cut
    at one half, and the values inside it are weighted means over the support alone: zeros outside must not draw them
    below the threshold.

    Parameters
    ----------
    path : file
    grid : the study's
    brain : ndarray, shape (nx, ny, nz), bool
    polarity : 1, or -1 to turn the map round, for maps whose low values are evidence
    affine : "template" if an image without orientation lies voxel by voxel on the study's grid; None for the header's

    Returns
    -------
    data : ndarray, shape (nx, ny, nz), float32
    note : how it came there, in sentences

    Raises
    ------
    UserError
        Where read_foreign_map does, or if the map covers less than half of the brain.
    """
    image = read_foreign_map(path, grid if affine == "template" else None)
    notes = [_space_note(image, affine)]
    data = image.get_fdata(dtype=np.float32)
    if grid.fits(image.shape, image.affine):
        notes.append("It is on the study's grid.")
    else:
        covered = _share_covered(image, grid, brain)
        if covered < LEAST_COVERED:
            raise UserError(
                f"{path}: covers {100 * covered:.0f} % of the study's brain; check its affine, and give a map of the "
                f"whole brain in {grid.space} or another MNI space"
            )
        weights = resample(nib.Nifti1Image((data != 0).astype(np.float32), image.affine), grid)
        support = weights >= 0.5
        zeros = 1 - support[brain].mean()
        thresholded = zeros >= LEAST_ZEROS and is_thresholded(data)
        data = resample(image, grid)
        if thresholded:
            data = np.divide(data, weights, out=np.zeros_like(data), where=support)
            notes.append(
                f"Thresholded before: 0 in {100 * zeros:.1f} % of the brain. Its support is resampled from "
                f"{image.shape} as a mask and cut at one half"
            )
        else:
            notes.append(f"Resampled linearly from {image.shape}")
        notes[-1] += f"; it covers {100 * covered:.1f} % of the brain."
    if polarity < 0:
        data = -data
        notes.append("Turned round: its low values count.")
    note = " ".join(notes)
    log.info("%s: %s", path, note)
    return data, note


def resample(image: nib.Nifti1Image, grid: Grid) -> np.ndarray:
    """(nx, ny, nz) float32: the image's values at the voxel centres of the grid, linearly; 0 outside the image."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Resampling binary images")  # shares of a mask are meant
        resampled = resample_img(
            image, grid.affine, grid.shape, interpolation="linear", force_resample=True, copy_header=True
        )
    return resampled.get_fdata(dtype=np.float32)


def is_thresholded(data: np.ndarray) -> bool:
    """Tell whether a map was cut at a threshold before it was written: its values stop well above 0.

    A map that falls off to 0 has values smaller than its steps from voxel to voxel; one that was cut has not.

    Parameters
    ----------
    data : ndarray, shape (nx, ny, nz), with values other than 0
    """
    sizes = np.abs(data)
    steps = []
    for axis in range(3):
        along = np.moveaxis(sizes, axis, 0)
        here, there = along[:-1], along[1:]
        steps.append(np.abs(here - there)[(here > 0) & (there > 0)])
    step = np.median(np.concatenate(steps)) if sum(map(len, steps)) else 0.0
    return bool(np.quantile(sizes[sizes > 0], 0.01) > step)


def _share_covered(image: nib.Nifti1Image, grid: Grid, brain: np.ndarray) -> float:
    """Share of the brain's voxels whose centres lie inside the image."""
    positions = nib.affines.apply_affine(np.linalg.inv(image.affine), grid.coordinates()[:, brain].T)
    return float(((positions > -0.5) & (positions < np.array(image.shape) - 0.5)).all(axis=1).mean())


def _space_note(image: nib.Nifti1Image, affine: str | None) -> str:
    if affine == "template":
        return "Its header says no orientation; taken as voxel by voxel on the study's grid, as `affine` says."
    return "Its header says MNI space." if names_mni(image) else "Its header names no template; taken as MNI space."
