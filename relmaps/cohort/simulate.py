"""One simulated scan: how a participant's head differs from the phantom, and what the scanner makes of it."""

from dataclasses import dataclass

import nibabel as nib
import numpy as np
import pandas as pd
from scipy.ndimage import gaussian_filter, map_coordinates
from scipy.spatial.transform import Rotation

from relmaps.cohort.deformation import compose, exponential, random_velocity
from relmaps.cohort.disease import Effects
from relmaps.cohort.participants import MEAN_AGE
from relmaps.cohort.phantom import Phantom

# ASSUME: T1 intensities relative to white matter, as in an MPRAGE at 3 T.
INTENSITY = {"wm": 1.0, "gm": 0.7, "csf": 0.28, "skull": 0.12, "scalp": 0.8}
ANATOMY_FWHM_MM = 40.0
SAMPLES = 2  # per voxel and axis: a scan's voxel averages 8 points


@dataclass(frozen=True)
class ScanSettings:
    """Leaves of `simulation` in the configuration, and the study's seed, that one scan depends on."""

    anatomy_mm: float
    ageing: float
    voxel_mm: float
    noise: float
    bias_field: float
    seed: int


def simulate_scan(
    number: int, person: pd.Series, phantom: Phantom, effects: Effects, settings: ScanSettings
) -> nib.Nifti1Image:
    """A raw T1 head of one participant, int16, stored left-handed (LAS) as many scanners do.

    number : position in the cohort; with the seed it fixes every random draw of this scan, whatever job makes it.
    The scan shows the template at exp(-u)(A(pose(p))): pose takes a scanner position p to the head, A is the person's
    anatomy, and u the velocity field of ageing and disease, which acts on the template.
    """
    rng = np.random.default_rng([settings.seed, 1, number])
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
    head = sum(contrast[name] * fraction for name, fraction in phantom.tissues.items())
    shape, affine = _scanner(phantom, settings.voxel_mm)
    image = _sample(head, displacement, phantom, shape, affine, _pose(phantom, rng))
    image *= _bias_field(shape, settings, rng)
    image = _with_rician_noise(image, settings.noise, rng)
    gain = 1000 * np.exp(0.2 * rng.standard_normal())
    flipped = affine @ np.diag([-1.0, 1, 1, 1])
    flipped[:3, 3] += affine[:3, 0] * (shape[0] - 1)
    scan = nib.Nifti1Image(np.clip(np.rint(image * gain), 0, 32767).astype(np.int16)[::-1], flipped)
    scan.set_sform(flipped, code="scanner")
    scan.set_qform(flipped, code="scanner")
    scan.header.set_xyzt_units("mm", "sec")
    return scan


def _scanner(phantom: Phantom, voxel_mm: float) -> tuple[tuple[int, int, int], np.ndarray]:
    """Shape and affine of the scan: the phantom's box, with the scanner's origin at its centre."""
    extent = np.array(phantom.grid.shape) * phantom.grid.voxel_mm
    shape = tuple(int(n) for n in np.ceil(extent / voxel_mm))
    affine = np.diag([voxel_mm, voxel_mm, voxel_mm, 1.0])
    affine[:3, 3] = -(np.array(shape) - 1) * voxel_mm / 2
    return shape, affine


def _pose(phantom: Phantom, rng) -> np.ndarray:
    """(4, 4): scanner mm -> phantom mm, with turns of about 4 degrees, shifts of 4 mm and sizes within 4 % per axis."""
    pose = np.eye(4)
    rotation = Rotation.from_euler("xyz", rng.normal(0, 4, 3).clip(-10, 10), degrees=True).as_matrix()
    pose[:3, :3] = rotation @ np.diag(np.exp(rng.normal(0, 0.03) + rng.normal(0, 0.02, 3)))
    centre = phantom.grid.affine[:3, 3] + (np.array(phantom.grid.shape) - 1) * phantom.grid.voxel_mm / 2
    pose[:3, 3] = centre + rng.normal(0, 4, 3).clip(-10, 10)
    return pose


def _sample(head, displacement, phantom, shape, affine, pose) -> np.ndarray:
    """(nx, ny, nz): mean of the deformed head over SAMPLES^3 points of each voxel."""
    fine = tuple(SAMPLES * n for n in shape)
    step = np.diag([1 / SAMPLES] * 3 + [1.0])
    step[:3, 3] = (1 / SAMPLES - 1) / 2
    to_field = np.linalg.inv(phantom.field.grid.affine) @ pose @ affine @ step
    indices = np.indices(fine, dtype=np.float32).reshape(3, -1)
    positions = (to_field[:3, :3] @ indices + to_field[:3, 3:]).astype(np.float32)
    field_mm = float(phantom.field.grid.voxel_mm[0])
    moved = positions + np.stack(
        [map_coordinates(part.astype(np.float32), positions, order=1, mode="nearest") for part in displacement]
    ) / np.float32(field_mm)
    # Both grids start at the same corner, so that field indices times the ratio of voxel sizes are phantom indices.
    values = map_coordinates(head, moved * np.float32(field_mm / phantom.grid.voxel_mm[0]), order=1, mode="constant")
    blocks = values.reshape(shape[0], SAMPLES, shape[1], SAMPLES, shape[2], SAMPLES)
    return blocks.mean(axis=(1, 3, 5)).astype(np.float64)


def _bias_field(shape, settings: ScanSettings, rng) -> np.ndarray:
    """(nx, ny, nz): smooth multiplicative inhomogeneity, exp of a Gaussian field of FWHM 120 mm."""
    sigma = 120 / np.sqrt(8 * np.log(2)) / settings.voxel_mm
    field = gaussian_filter(rng.standard_normal(shape), sigma, mode="nearest", truncate=2)
    return np.exp(settings.bias_field * (field - field.mean()) / field.std())


def _with_rician_noise(image: np.ndarray, sigma: float, rng) -> np.ndarray:
    """Magnitude of the image with Gaussian noise in the real and imaginary channel (Gudbjartsson and Patz 1995)."""
    return np.hypot(image + sigma * rng.standard_normal(image.shape), sigma * rng.standard_normal(image.shape))
