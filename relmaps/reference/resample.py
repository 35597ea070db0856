"""From a reference's own grid to the study's."""

import nibabel as nib
import numpy as np
from nilearn.image import resample_img

from relmaps.images import Grid


def resample(image: nib.Nifti1Image, grid: Grid) -> np.ndarray:
    """(nx, ny, nz) float32: the image's values at the voxel centres of the grid, linearly; 0 outside the image."""
    resampled = resample_img(
        image, grid.affine, grid.shape, interpolation="linear", force_resample=True, copy_header=True
    )
    return resampled.get_fdata(dtype=np.float32)
