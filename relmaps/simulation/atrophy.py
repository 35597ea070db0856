"""Add synthetic atrophy to one real scan, which keeps its anatomy and scanner."""

from pathlib import Path

import nibabel as nib
import numpy as np
from scipy.ndimage import distance_transform_edt

from relmaps.preprocess import ants_steps as steps
from relmaps.preprocess.registration import Settings, cropped, register
from relmaps.preprocess.timing import Timing
from relmaps.simulation.deformation import exponential
from relmaps.simulation.phantom import Tissues
from relmaps.simulation.warp import STEP_MM, Correspondence, deform_scan, displacement_in_scan
from relmaps.space.grid import Grid

# The scan is placed in the template at 2 mm, as the preset `fast` does; the disease's field is smooth at 4 mm.
PLACING = Settings(STEP_MM, "SyN", STEP_MM, (40, 20, 10), code="")
MARGIN_MM = 24.0  # around the brain, over which the displacement fades out: the skull keeps its place
FADE_FROM_MM = 4.0


def add_atrophy(
    raw: nib.Nifti1Image,
    template: dict[str, nib.Nifti1Image],
    tissues: Tissues,
    velocity: np.ndarray,
    rng: np.random.Generator,
    scratch: Path,
) -> nib.Nifti1Image:
    """The scan with the disease, or, where the velocity is 0, the same scan resampled alike. float32, RAS+.

    raw : RAS+, checked. velocity : (3, nx, ny, nz) mm on the grid of `tissues`, template -> subject, of this subject's
    severity. rng : draws the part of a voxel by which the new grid is off. Raises ScanError where no brain is found.
    """
    scan = register(raw, template, PLACING, scratch, Timing(), MARGIN_MM)
    grid = Grid(scan.native.shape, scan.native.affine, "scan")
    to_scan, to_template = steps.displacements(scan.fixed["T1w"], scan.moving, scan.transforms, scratch)
    box = scan.box.cut_image(template["T1w"])
    where = Correspondence(grid, to_template, Grid(box.shape, box.affine, tissues.grid.space), to_scan)
    displacement = displacement_in_scan(where, exponential(-velocity, tissues.voxel_mm), tissues.grid)
    displacement *= _fading(scan.brain.numpy() > 0.5, grid)
    part = cropped(raw, raw.get_fdata(dtype=np.float32) > 0, MARGIN_MM) if scan.stripped else raw
    return deform_scan(part, displacement, grid, rng.uniform(-0.5, 0.5, 3), scan.stripped)


def _fading(brain: np.ndarray, grid: Grid) -> np.ndarray:
    """(nx, ny, nz): 1 in the brain and FADE_FROM_MM around it, falling to 0 at the border of the box."""
    distance = distance_transform_edt(~brain, sampling=grid.voxel_mm)
    last = MARGIN_MM - 2 * STEP_MM
    return np.clip((last - distance) / (last - FADE_FROM_MM), 0, 1)
