"""What the scanner makes of a head: uneven sensitivity, ringing and noise."""

import numpy as np
from scipy.fft import irfft, rfft
from scipy.ndimage import gaussian_filter

BIAS_FWHM_MM = 120.0
BIAS_VOXEL_MM = 4.0  # the smooth field is drawn on voxels of at least this size
SHADING_MM = 105.0  # ASSUME: a head coil's sensitivity falls off below its middle like a Gaussian of this sd
NEAR_ELEMENTS_MM = 100.0  # ASSUME: distance from the coil's axis at which its elements add up to SHADING_GAIN
SHADING_GAIN = 0.3
KEPT = 0.75  # ASSUME: share of k-space along each in-plane axis that is acquired; the rest is filled with zeros


def bias_field(shape: tuple[int, ...], sides: np.ndarray, strength: float, rng) -> np.ndarray:
    """(nx, ny, nz): smooth multiplicative inhomogeneity, exp of a Gaussian field of FWHM BIAS_FWHM_MM.

    sides : (3,) mm, voxel. strength : root mean square of the field's logarithm.
    """
    strides = np.maximum(1, np.floor(BIAS_VOXEL_MM / sides + 1e-6)).astype(int)
    coarse = tuple(int(np.ceil(n / stride)) for n, stride in zip(shape, strides, strict=True))
    sigma = BIAS_FWHM_MM / np.sqrt(8 * np.log(2)) / (sides * strides)
    field = gaussian_filter(rng.standard_normal(coarse), sigma, mode="nearest", truncate=2)
    field = strength * (field - field.mean()) / field.std()
    for axis, (n, stride) in enumerate(zip(shape, strides, strict=True)):
        field = field if stride == 1 else _stretched(field, axis, n, stride)
    return np.exp(field, out=field)


def _stretched(field: np.ndarray, axis: int, n: int, stride: int) -> np.ndarray:
    """The field along one axis at n voxels, of which each `stride` share one of the coarse ones; linear between."""
    at = ((np.arange(n) + 0.5) / stride - 0.5).clip(0, field.shape[axis] - 1)
    low = np.minimum(at.astype(int), max(field.shape[axis] - 2, 0))
    share = (at - low).astype(np.float32).reshape([-1 if i == axis else 1 for i in range(3)])
    high = np.minimum(low + 1, field.shape[axis] - 1)
    start = field.take(low, axis=axis).astype(np.float32)
    return start + share * (field.take(high, axis=axis) - start)


def coil_shading(shape: tuple[int, ...], affine: np.ndarray, coil_mm: np.ndarray, strength: float, rng) -> np.ndarray:
    """(nx, ny, nz) float32: sensitivity of a head coil, 1 at its middle.

    affine : (4, 4) voxel -> scanner mm, RAS+. coil_mm : (3,) mm, the coil's middle.
    strength : share of the signal that is lost far below it. In half of the scans the image is brighter near the coil's
    elements, up to SHADING_GAIN x strength.
    """
    x, y, z = (_along(shape, affine, axis, coil_mm[axis]) for axis in range(3))
    gain = SHADING_GAIN * strength * rng.random() * (rng.random() < 0.5)
    below = np.maximum(-z, 0) / np.float32(SHADING_MM)
    shading = 1 - np.float32(strength) * (1 - np.exp(-(below**2) / 2))
    if gain:
        shading *= 1 + np.float32(gain) * np.minimum((x**2 + y**2) / np.float32(NEAR_ELEMENTS_MM**2), 2)
    return shading


def _along(shape, affine, axis, origin) -> np.ndarray:
    """(nx, ny, nz) float32: one scanner coordinate of each voxel, mm, from an origin."""
    steps = np.ogrid[tuple(slice(n) for n in shape)]
    parts = [np.float32(affine[axis, i]) * step.astype(np.float32) for i, step in enumerate(steps)]
    return (parts[0] + np.float32(affine[axis, 3] - origin)) + parts[1] + parts[2]


def ring(image: np.ndarray, slices: int, strength: float) -> np.ndarray:
    """The image mixed with one of which the outer k-space along both in-plane axes is missing; its mean stays.

    image : (nx, ny, nz) float32. slices : axis across the slices, which is left alone. strength : share in 0..1.
    """
    rung = image
    for axis in {0, 1, 2} - {slices}:
        spectrum = rfft(rung, axis=axis)
        kept = int(np.ceil(KEPT * spectrum.shape[axis]))
        spectrum[(slice(None),) * axis + (slice(kept, None),)] = 0
        rung = irfft(spectrum, n=image.shape[axis], axis=axis)
    return image + np.float32(strength) * (rung - image)


def with_rician_noise(image: np.ndarray, sigma: float, rng) -> np.ndarray:
    """Magnitude of the image with Gaussian noise in the real and imaginary channel (Gudbjartsson and Patz 1995)."""
    real = rng.standard_normal(image.shape)
    real *= sigma
    real += image
    imaginary = rng.standard_normal(image.shape)
    imaginary *= sigma
    return np.hypot(real, imaginary, out=real)
