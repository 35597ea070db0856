"""The voxel grid of a study.

Arrays are indexed (x, y, z) with x to the right, y to the front and z up (RAS+), in voxels of the grid.
"""

from dataclasses import dataclass

import nibabel as nib
import numpy as np


@dataclass(frozen=True, eq=False)
class Grid:
    """The voxel grid of a study.

    shape : (nx, ny, nz) voxels. affine : (4, 4) voxel index -> mm, RAS+. space : name of the template space.
    """

    shape: tuple[int, ...]
    affine: np.ndarray
    space: str

    @property
    def voxel_mm(self) -> np.ndarray:
        """(3,) voxel sizes in mm."""
        return nib.affines.voxel_sizes(self.affine)

    def coordinates(self) -> np.ndarray:
        """(3, nx, ny, nz) float64: position of each voxel centre in mm."""
        indices = np.indices(self.shape, dtype=float)
        return np.einsum("ij,j...->i...", self.affine[:3, :3], indices) + self.affine[:3, 3, None, None, None]

    def fits(self, shape: tuple[int, ...], affine: np.ndarray) -> bool:
        return tuple(shape) == tuple(self.shape) and np.allclose(affine, self.affine, atol=1e-3)

    def make_volume(self, values: np.ndarray, brain: np.ndarray) -> np.ndarray:
        """(nx, ny, nz) float32 with `values` (n_voxels,) in the brain and zero outside."""
        volume = np.zeros(self.shape, dtype=np.float32)
        volume[brain] = values
        return volume
