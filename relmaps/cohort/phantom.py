"""The head that every simulated subject deforms: MNI152 tissue maps with fluid, skull and scalp around."""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import distance_transform_edt

from relmaps.images import Grid
from relmaps.mni152 import AFFINE, SHAPE, SPACE, average_on, tissue_fractions

VOXEL_MM = 2.0  # of the phantom; finer than the scans, so that a scan's voxel averages over tissue borders
FIELD_MM = 4.0  # of deformation fields, which are smooth
MARGIN_MM = 24.0  # room for skull, scalp and pose around the template's box

# ASSUME: thickness of the layers around the brain mask, mm; a stylised head, enough to make brain extraction real work.
FLUID_MM, SKULL_MM, SCALP_MM = 3.0, 9.0, 15.0


@dataclass(frozen=True)
class Phantom:
    """Tissue fractions in MNI space.

    grid : 2 mm grid of the tissues. tissues : name -> (nx, ny, nz) float32 in 0..1, summing to at most 1.
    field_grid : 4 mm grid over the same box, for deformations. field_tissues : gm, wm, csf on that grid.
    """

    grid: Grid
    tissues: dict[str, np.ndarray]
    field_grid: Grid
    field_tissues: dict[str, np.ndarray]


def build_phantom() -> Phantom:
    """The phantom from the templates that nilearn carries (MNI152 2009a symmetric, 1 mm)."""
    grid, field_grid = _padded_grid(VOXEL_MM), _padded_grid(FIELD_MM)
    tissues = _tissues_on(grid)
    brain_distance = distance_transform_edt(tissues["gm"] + tissues["wm"] + tissues["csf"] < 0.5) * VOXEL_MM
    shells = {
        "csf": (brain_distance > 0) & (brain_distance <= FLUID_MM),
        "skull": (brain_distance > FLUID_MM) & (brain_distance <= SKULL_MM),
        "scalp": (brain_distance > SKULL_MM) & (brain_distance <= SCALP_MM),
    }
    room = np.clip(1 - sum(tissues.values()), 0, 1)
    for name, shell in shells.items():
        tissues[name] = tissues.get(name, 0) + (room * shell).astype(np.float32)
    return Phantom(grid, tissues, field_grid, _tissues_on(field_grid))


def _padded_grid(voxel_mm: float) -> Grid:
    shape = tuple(int(np.ceil((n + 2 * MARGIN_MM) / voxel_mm)) for n in SHAPE)
    affine = np.diag([voxel_mm, voxel_mm, voxel_mm, 1.0])
    affine[:3, 3] = AFFINE[:3, 3] - MARGIN_MM
    return Grid(shape, affine, SPACE)


def _tissues_on(grid: Grid) -> dict[str, np.ndarray]:
    """gm, wm and csf fractions averaged over the grid's voxels."""
    return {name: average_on(fraction, AFFINE, grid) for name, fraction in tissue_fractions()[1].items()}
