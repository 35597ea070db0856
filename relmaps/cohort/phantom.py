"""The head that every simulated subject deforms, and the tissues on the coarse grid where diseases are defined."""

from dataclasses import dataclass

import nibabel as nib
import numpy as np
from scipy.ndimage import distance_transform_edt

from relmaps.images import Grid
from relmaps.mni152 import SPACE, average_on
from relmaps.template import Source, packaged

VOXEL_MM = 2.0  # of the phantom; finer than the scans, so that a scan's voxel averages over tissue borders
FIELD_MM = 4.0  # of deformation fields, which are smooth
MARGIN_MM = 24.0  # room for skull, scalp and pose around the template's box

# ASSUME: thickness of the layers around the brain mask, mm; a stylised head, enough to make brain extraction real work.
FLUID_MM, SKULL_MM, SCALP_MM = 3.0, 9.0, 15.0


@dataclass(frozen=True)
class Tissues:
    """fractions : gm, wm, csf -> (nx, ny, nz) float32 in 0..1 on a grid in template space, on which fields live."""

    grid: Grid
    fractions: dict[str, np.ndarray]

    @property
    def voxel_mm(self) -> float:
        return float(self.grid.voxel_mm[0])


@dataclass(frozen=True)
class Phantom:
    """Tissue fractions in MNI space.

    grid : 2 mm grid of the tissues. tissues : name -> (nx, ny, nz) float32 in 0..1, summing to at most 1.
    field : gm, wm and csf on a 4 mm grid over the same box, for deformations.
    """

    grid: Grid
    tissues: dict[str, np.ndarray]
    field: Tissues


def build_phantom() -> Phantom:
    """The phantom from the templates that nilearn carries (MNI152 2009a symmetric, 1 mm)."""
    source = packaged()
    grid = _padded_grid(VOXEL_MM, source)
    tissues = {name: average_on(fraction, source.affine, grid) for name, fraction in source.fractions.items()}
    brain_distance = distance_transform_edt(tissues["gm"] + tissues["wm"] + tissues["csf"] < 0.5) * VOXEL_MM
    shells = {
        "csf": (brain_distance > 0) & (brain_distance <= FLUID_MM),
        "skull": (brain_distance > FLUID_MM) & (brain_distance <= SKULL_MM),
        "scalp": (brain_distance > SKULL_MM) & (brain_distance <= SCALP_MM),
    }
    room = np.clip(1 - sum(tissues.values()), 0, 1)
    for name, shell in shells.items():
        tissues[name] = tissues.get(name, 0) + (room * shell).astype(np.float32)
    return Phantom(grid, tissues, field_tissues(source))


def field_tissues(source: Source) -> Tissues:
    """gm, wm and csf of a template on the coarse grid, with a margin around the template's box."""
    grid = _padded_grid(FIELD_MM, source)
    return Tissues(grid, {name: average_on(part, source.affine, grid) for name, part in source.fractions.items()})


def _padded_grid(voxel_mm: float, source: Source) -> Grid:
    extent = np.array(source.brain.shape) * nib.affines.voxel_sizes(source.affine)
    shape = tuple(int(n) for n in np.ceil((extent + 2 * MARGIN_MM) / voxel_mm))
    affine = np.diag([voxel_mm, voxel_mm, voxel_mm, 1.0])
    affine[:3, 3] = source.affine[:3, 3] - MARGIN_MM
    return Grid(shape, affine, SPACE)
