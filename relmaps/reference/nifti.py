"""A ready-made map, such as a published meta-analysis, as a reference."""

import logging
from pathlib import Path

import nibabel as nib
import numpy as np

from relmaps.errors import UserError
from relmaps.images import Grid, read_foreign_map
from relmaps.reference.reference import Reference
from relmaps.reference.resample import resample

log = logging.getLogger("relmaps")

SFORM_TALAIRACH, SFORM_MNI = 3, 4  # the NIfTI standard's codes


def nifti_reference(path: str | Path, threshold: float, grid: Grid, brain: np.ndarray) -> Reference:
    """A NIfTI map in MNI space and where it is at least `threshold`, on the study's grid.

    A map on another grid is resampled linearly, and the note says so. brain : (nx, ny, nz) bool. Raises UserError if
    the image cannot be used, lies in Talairach space or beside the brain, or if the threshold keeps nothing or all.
    """
    image = read_foreign_map(path)
    note = [_space(path, image)]
    if grid.fits(image.shape, image.affine):
        data = image.get_fdata(dtype=np.float32)
        note.append("It is on the study's grid.")
    else:
        covered = _share_covered(image, grid, brain)
        if not covered:
            raise UserError(
                f"{path}: does not touch the study's brain; give a map in {grid.space} or another MNI space"
            )
        data = resample(image, grid)
        note.append(f"Resampled linearly from {image.shape}; it covers {100 * covered:.1f} % of the brain.")
    mask = brain & (data >= threshold)
    if not 0 < mask.sum() < brain.sum():
        what = "no voxel" if not mask.any() else "every voxel"
        raise UserError(
            f"{path}: {what} of the brain is at least {threshold:g} (values there run from {data[brain].min():g} to "
            f"{data[brain].max():g}); change reference.meta_analysis.threshold"
        )
    log.info("%s: %s", path, " ".join(note))
    return Reference(data, mask, "meta_analysis", str(path), "as in the source", threshold, note=" ".join(note))


def _share_covered(image: nib.Nifti1Image, grid: Grid, brain: np.ndarray) -> float:
    """Share of the brain's voxels whose centres lie inside the image."""
    positions = nib.affines.apply_affine(np.linalg.inv(image.affine), grid.coordinates()[:, brain].T)
    return float(((positions > -0.5) & (positions < np.array(image.shape) - 0.5)).all(axis=1).mean())


def _space(path: str | Path, image: nib.Nifti1Image) -> str:
    code = int(image.header["sform_code"])
    if code == SFORM_TALAIRACH:
        raise UserError(f"{path}: its header says Talairach space; convert it to MNI space")
    return "Its header says MNI space." if code == SFORM_MNI else "Its header names no template; taken as MNI space."
