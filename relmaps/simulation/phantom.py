"""The head that every simulated subject deforms, and the tissues on the coarse grid where diseases are defined."""

from dataclasses import dataclass

import nibabel as nib
import numpy as np
from scipy.ndimage import binary_erosion, distance_transform_edt

from relmaps.simulation.head import FAR_MM, add_head
from relmaps.space.grid import Grid
from relmaps.space.mni152 import SPACE, average_on
from relmaps.space.template import Source, packaged

VOXEL_MM = 2.0  # of the phantom; finer than the scans, so that a scan's voxel averages over tissue borders
FIELD_MM = 4.0  # of deformation fields, which are smooth
MARGIN_MM = 24.0  # room for skull, scalp and pose around the template's box
NECK_VOXELS = ((14, 14), (0, 20), (80, 0))  # added to that box left/right, back/front, below/above for face and neck

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
    brain : (nx, ny, nz) float32, share of brain (gm, wm and the csf inside the brain mask) in each voxel.
    box : 2 mm grid over the template and a margin, part of `grid`; scans without a neck show it.
    field : gm, wm and csf on a 4 mm grid over that box, for deformations.
    """

    grid: Grid
    tissues: dict[str, np.ndarray]
    brain: np.ndarray
    box: Grid
    field: Tissues

    @property
    def centre(self) -> np.ndarray:
        """(3,) mm: middle of the box."""
        return self.box.affine[:3, 3] + (np.array(self.box.shape) - 1) * self.box.voxel_mm / 2

    @property
    def box_mm(self) -> np.ndarray:
        """(3,) mm: extent of the box."""
        return np.array(self.box.shape) * self.box.voxel_mm

    def brain_surface(self) -> np.ndarray:
        """(n, 3) mm: outermost points of the brain on the field's grid, along the three axes."""
        inside = sum(self.field.fractions.values()) > 0.05
        surface = inside & ~binary_erosion(inside)
        return nib.affines.apply_affine(self.field.grid.affine, np.argwhere(surface))


def build_phantom(neck: bool = False) -> Phantom:
    """The phantom from the templates that nilearn carries (MNI152 2009a symmetric, 1 mm).

    neck : with face, neck and shoulders, on a larger grid. Without, the brain lies in plain shells of fluid, skull and
    scalp. gm, wm, the csf inside the brain and `field` are the same in both.
    """
    source = packaged()
    field = field_tissues(source)
    box = _padded_grid(VOXEL_MM, source)
    tissues = {name: average_on(fraction, source.affine, box) for name, fraction in source.fractions.items()}
    brain = tissues["gm"] + tissues["wm"] + tissues["csf"]
    del source  # a few images at 1 mm
    brain_distance = distance_transform_edt(brain < 0.5) * VOXEL_MM
    if neck:
        grid = _extended(box)
        tissues = {name: np.pad(part, NECK_VOXELS) for name, part in tissues.items()}
        brain = np.pad(brain, NECK_VOXELS)
        brain_distance = np.pad(brain_distance.astype(np.float32), NECK_VOXELS, constant_values=FAR_MM)
        for name, part in add_head(grid, brain, brain_distance).items():
            tissues[name] = tissues.get(name, 0) + part
        return Phantom(grid, tissues, brain, box, field)
    shells = {
        "csf": (brain_distance > 0) & (brain_distance <= FLUID_MM),
        "skull": (brain_distance > FLUID_MM) & (brain_distance <= SKULL_MM),
        "scalp": (brain_distance > SKULL_MM) & (brain_distance <= SCALP_MM),
    }
    room = np.clip(1 - sum(tissues.values()), 0, 1)
    for name, shell in shells.items():
        tissues[name] = tissues.get(name, 0) + (room * shell).astype(np.float32)
    return Phantom(box, tissues, brain, box, field)


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


def _extended(box: Grid) -> Grid:
    """The box's grid, longer by NECK_VOXELS; the voxels of the box stay where they are."""
    affine = box.affine.copy()
    affine[:3, 3] -= [before * VOXEL_MM for before, _ in NECK_VOXELS]
    return Grid(tuple(n + sum(added) for n, added in zip(box.shape, NECK_VOXELS, strict=True)), affine, box.space)
