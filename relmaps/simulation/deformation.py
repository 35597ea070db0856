"""Deformations that shrink and expand tissue: velocity fields with a given divergence, and their exponentials.

Fields are (3, nx, ny, nz) in mm on a grid with isotropic voxels, axes to the right, front and top.
"""

import numpy as np
from scipy.fft import irfftn, rfftn
from scipy.ndimage import gaussian_filter, map_coordinates

SQUARINGS = 5  # 32 steps: the largest displacement of one step stays below a tenth of a voxel


def compute_velocity(divergence: np.ndarray, voxel_mm: float) -> np.ndarray:
    """(3, nx, ny, nz) mm: the curl-free field v = grad(inverse Laplacian(divergence)), so that div v = divergence.

    divergence : (nx, ny, nz), relative volume change per unit time, with mean zero over the (periodic) box.
    The Laplacian's inverse is taken in the Fourier domain with the spectrum of central differences, so that the
    identity holds exactly for `np.gradient` away from the box's faces. Frequencies that those differences cannot see
    (where the spectrum is zero) are left out.
    """
    spectrum = rfftn(divergence)
    waves = [
        np.sin(2 * np.pi * np.fft.fftfreq(n)).reshape([-1 if axis == i else 1 for axis in range(3)]) / voxel_mm
        for i, n in enumerate(divergence.shape[:2])
    ]
    waves.append(np.sin(2 * np.pi * np.fft.rfftfreq(divergence.shape[2])).reshape(1, 1, -1) / voxel_mm)
    square = sum(wave**2 for wave in waves)
    potential = np.divide(spectrum, -square, out=np.zeros_like(spectrum), where=square > 1e-9)
    return np.stack([irfftn(1j * wave * potential, s=divergence.shape) for wave in waves])


def exponential(velocity: np.ndarray, voxel_mm: float) -> np.ndarray:
    """(3, nx, ny, nz) mm: displacement of exp(velocity), by scaling and squaring (Arsigny et al. 2006)."""
    displacement = velocity / 2**SQUARINGS
    for _ in range(SQUARINGS):
        displacement = compose(displacement, displacement, voxel_mm)
    return displacement


def compose(outer: np.ndarray, inner: np.ndarray, voxel_mm: float) -> np.ndarray:
    """(3, nx, ny, nz) mm: displacement of x -> outer(inner(x)), by linear interpolation."""
    positions = np.indices(inner.shape[1:], dtype=float) + inner / voxel_mm
    return inner + np.stack([map_coordinates(part, positions, order=1, mode="nearest") for part in outer])


def jacobian(displacement: np.ndarray, voxel_mm: float) -> np.ndarray:
    """(nx, ny, nz): determinant of the derivative of x + displacement(x), by central differences."""
    derivative = np.stack([np.stack(np.gradient(part, voxel_mm)) for part in displacement])
    derivative += np.eye(3)[:, :, None, None, None]
    return np.linalg.det(np.moveaxis(derivative, (0, 1), (-2, -1)))


def random_velocity(shape: tuple[int, ...], voxel_mm: float, rms_mm: float, fwhm_mm: float, rng) -> np.ndarray:
    """(3, nx, ny, nz) mm: Gaussian random field of a given smoothness, with root mean square length `rms_mm`."""
    sigma = fwhm_mm / np.sqrt(8 * np.log(2)) / voxel_mm
    field = np.stack([gaussian_filter(rng.standard_normal(shape), sigma, mode="wrap") for _ in range(3)])
    return field * (rms_mm / np.sqrt((field**2).sum(axis=0).mean()))
