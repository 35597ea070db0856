"""One simulated scan: how a participant's head differs from the phantom, and what the scanner makes of it."""

from dataclasses import dataclass

import nibabel as nib
import numpy as np
import pandas as pd
from scipy.ndimage import map_coordinates

from relmaps.cohort.participants import MEAN_AGE
from relmaps.simulation.deformation import compose, exponential, random_velocity
from relmaps.simulation.disease import Effects
from relmaps.simulation.phantom import Phantom
from relmaps.simulation.protocols import BOX, Placement, place, place_in_box, sample_protocol
from relmaps.simulation.receive import bias_field, coil_shading, ring, with_rician_noise

# ASSUME: T1 intensities relative to white matter, as in an MPRAGE at 3 T.
# A random generator of its own varies the second table, so that scans without a neck stay as they were.
INTENSITY = {"wm": 1.0, "gm": 0.7, "csf": 0.28, "skull": 0.12, "scalp": 0.8}
NECK_INTENSITY = {
    "marrow": 0.6,
    "fat": 0.95,
    "skin": 0.5,
    "muscle": 0.45,
    "vitreous": 0.2,
    "cord": 1.0,
    "disc": 0.35,
}
ANATOMY_FWHM_MM = 40.0
SAMPLES = 2  # per axis, of a voxel longer than SAMPLE_MM: a scan's voxel averages up to 8 points
SAMPLE_MM = 1.0  # half a voxel of the phantom: closer points add nothing
POINTS_AT_ONCE = 2_200_000  # sampled together; keeps the memory of a fine scan small


@dataclass(frozen=True)
class ScanSettings:
    """Leaves of `simulation` in the configuration, and the study's seed, that one scan depends on."""

    anatomy_mm: float
    ageing: float
    voxel_mm: float
    noise: float
    bias_field: float
    seed: int
    protocol: str = BOX
    coil_shading: float = 0.0
    ringing: float = 0.0


@dataclass(frozen=True)
class Exam:
    """One participant in the scanner, before the image is taken.

    placement : of the scan's voxels. displacement : (3, nx, ny, nz) mm on the phantom's field grid, template -> head.
    contrast : tissue -> intensity. rng, extra : generators; extra draws what scans in the plain box lack.
    """

    placement: Placement
    displacement: np.ndarray
    contrast: dict[str, float]
    rng: np.random.Generator
    extra: np.random.Generator


def simulate_scan(
    number: int, person: pd.Series, phantom: Phantom, effects: Effects, settings: ScanSettings
) -> nib.Nifti1Image:
    """A raw T1 head of one participant, int16, stored as the scanner of its protocol does.

    number : position in the cohort; with the seed it fixes every random draw of this scan, whatever job makes it.
    phantom : with a neck, unless the protocol is `box`.
    The scan shows the template at exp(-u)(A(pose(p))): pose takes a scanner position p to the head, A is the person's
    anatomy, and u the velocity field of ageing and disease, which acts on the template.
    """
    exam = examine(number, person, phantom, effects, settings)
    placement, rng = exam.placement, exam.rng
    head = np.asarray(sum(exam.contrast[name] * fraction for name, fraction in phantom.tissues.items()))
    image = _sample(head, exam.displacement, phantom, placement)
    if settings.ringing:
        image = ring(image.astype(np.float32), placement.slices, settings.ringing)
    if settings.coil_shading:
        coil = np.linalg.solve(placement.pose[:3, :3], phantom.centre - placement.pose[:3, 3])
        image *= coil_shading(placement.shape, placement.affine, coil, settings.coil_shading, exam.extra)
    image = image * bias_field(placement.shape, placement.sides, settings.bias_field, rng)
    image = with_rician_noise(image, settings.noise, rng)
    image *= 1000 * np.exp(0.2 * rng.standard_normal())
    return _stored(np.clip(np.rint(image), 0, 32767).astype(np.int16), placement)


def simulate_brain_mask(
    number: int, person: pd.Series, phantom: Phantom, effects: Effects, settings: ScanSettings
) -> nib.Nifti1Image:
    """Ground truth for brain extraction, uint8: voxels of `simulate_scan`'s scan that are more than half brain.

    Takes the same arguments as `simulate_scan`. Brain is grey and white matter and the fluid inside the brain mask.
    """
    exam = examine(number, person, phantom, effects, settings)
    brain = _sample(phantom.brain, exam.displacement, phantom, exam.placement)
    return _stored((brain > 0.5).astype(np.uint8), exam.placement)


def examine(number: int, person: pd.Series, phantom: Phantom, effects: Effects, settings: ScanSettings) -> Exam:
    """Draw the participant's anatomy, contrast, protocol and position; takes the same arguments as `simulate_scan`."""
    rng = np.random.default_rng([settings.seed, 1, number])
    extra = rng.spawn(1)[0]
    grid = phantom.field.grid
    voxel_mm = float(grid.voxel_mm[0])
    change = (
        person["severity_left"] * effects.left
        + person["severity_right"] * effects.right
        + settings.ageing * (person["age"] - MEAN_AGE) * effects.ageing
        + settings.ageing * rng.normal(0, 1) * effects.ventricles
    )
    anatomy = random_velocity(grid.shape, voxel_mm, settings.anatomy_mm, ANATOMY_FWHM_MM, rng)
    displacement = compose(exponential(-change, voxel_mm), exponential(anatomy, voxel_mm), voxel_mm)
    contrast = {name: value * np.exp(0.03 * rng.standard_normal()) for name, value in INTENSITY.items()}
    contrast |= {name: value * np.exp(0.05 * extra.standard_normal()) for name, value in NECK_INTENSITY.items()}
    if settings.protocol == BOX:
        placement = place_in_box(phantom.box_mm, phantom.centre, settings.voxel_mm, rng)
    else:
        protocol = sample_protocol(settings.protocol, extra)
        placement = place(protocol, phantom.brain_surface(), settings.voxel_mm, rng, extra)
    return Exam(placement, displacement, contrast, rng, extra)


def _sample(head: np.ndarray, displacement: np.ndarray, phantom: Phantom, placement: Placement) -> np.ndarray:
    """(nx, ny, nz), in the head's precision: mean of the deformed head over the points of each voxel.

    Beyond the field's grid the displacement is that of its edge, so that neck and face are not torn. Beyond the
    phantom's grid the body goes on as at its edge.
    """
    shape = placement.shape
    samples = np.where(placement.sides > SAMPLE_MM, SAMPLES, 1)
    step = np.diag([*(1 / samples), 1.0])
    step[:3, 3] = (1 / samples - 1) / 2
    to_field = np.linalg.inv(phantom.field.grid.affine) @ placement.pose @ placement.affine @ step
    to_phantom = np.linalg.inv(phantom.grid.affine) @ phantom.field.grid.affine  # both grids are upright
    ratio = np.diag(to_phantom)[:3, None].astype(np.float32)
    corner = to_phantom[:3, 3:].astype(np.float32)
    field_mm = np.float32(phantom.field.grid.voxel_mm[0])
    displacement = displacement.astype(np.float32)
    image = np.empty(shape, head.dtype)
    slab = max(1, POINTS_AT_ONCE // int(np.prod(shape[1:]) * np.prod(samples)))
    for start in range(0, shape[0], slab):
        stop = min(start + slab, shape[0])
        fine = ((stop - start) * samples[0], shape[1] * samples[1], shape[2] * samples[2])
        indices = np.indices(fine, dtype=np.float32).reshape(3, -1)
        indices[0] += start * samples[0]
        positions = (to_field[:3, :3] @ indices + to_field[:3, 3:]).astype(np.float32)
        moved = (
            positions
            + np.stack([map_coordinates(part, positions, order=1, mode="nearest") for part in displacement]) / field_mm
        )
        values = map_coordinates(head, moved * ratio + corner, order=1, mode="nearest")
        blocks = values.reshape(stop - start, samples[0], shape[1], samples[1], shape[2], samples[2])
        image[start:stop] = blocks.mean(axis=(1, 3, 5))
    return image


def _stored(image: np.ndarray, placement: Placement) -> nib.Nifti1Image:
    """The image with its axes in the order and direction in which the protocol stores them."""
    upright = nib.orientations.axcodes2ornt("RAS")
    wanted = nib.orientations.axcodes2ornt(placement.stored)
    turn = nib.orientations.ornt_transform(upright, wanted)
    affine = placement.affine @ nib.orientations.inv_ornt_aff(turn, image.shape)
    scan = nib.Nifti1Image(nib.orientations.apply_orientation(image, turn), affine)
    scan.set_sform(affine, code="scanner")
    scan.set_qform(affine, code="scanner")
    scan.header.set_xyzt_units("mm", "sec")
    return scan
