"""Regions of an atlas of the user's as integers on the study's grid."""

import numpy as np

from relmaps.io.errors import UserError
from relmaps.io.foreign import read_foreign_map
from relmaps.space.grid import Grid


def atlas_regions(path: str, grid: Grid, affine: str | None = None) -> np.ndarray:
    """(nx, ny, nz) int: the labels of an atlas at the voxel centres of the grid, of the nearest of its voxels.

    affine : "template" if an image without orientation lies voxel by voxel on the grid; None for the header's.
    Raises UserError that names the file if it cannot be read or holds anything but whole numbers from 0 on.
    """
    image = read_foreign_map(path, grid if affine == "template" else None)
    values = image.get_fdata(dtype=np.float32)
    if (values != np.round(values)).any() or values.min() < 0:
        raise UserError(f"{path}: holds values that are no whole numbers from 0 on; give a map of labels")
    if not grid.fits(image.shape, image.affine):
        from nilearn.image import resample_img  # not above: it takes a second, and few jobs have such an atlas

        image = resample_img(
            image, grid.affine, grid.shape, interpolation="nearest", force_resample=True, copy_header=True
        )
    return image.get_fdata(dtype=np.float32).astype(int)
