"""Measures that tell whether a scan, its registration and its segmentation can be believed."""

import nibabel as nib
import numpy as np

SURE = 0.9  # probability from which a voxel counts as white matter


def measure_quality(images: dict[str, np.ndarray], template: dict[str, nib.Nifti1Image], nonlinear: np.ndarray) -> dict:
    """Measures of the registration, by column of qc.tsv.

    images : t1, gm and brain in template space, (nx, ny, nz). nonlinear : (nx, ny, nz) Jacobian determinant of the
    nonlinear deformation.
    """
    brain, t1, gm = (np.asarray(template[name].dataobj) for name in ("brain_mask", "T1w", "GM_probseg"))
    brain = brain > 0
    return {
        "similarity": _rounded(np.corrcoef(images["t1"][brain], t1[brain])[0, 1]),
        "brain_dice": _rounded(dice(images["brain"], brain)),
        "gm_dice": _rounded(dice(images["gm"] > 0.5, gm > 0.5)),
        "jacobian_min": _rounded(nonlinear[brain].min()),
        "jacobian_max": _rounded(nonlinear[brain].max()),
    }


def dice(a: np.ndarray, b: np.ndarray) -> float:
    """2 |a and b| / (|a| + |b|) of two bool arrays; 0 if both are empty."""
    return 2 * float((a & b).sum()) / max(1, int(a.sum() + b.sum()))


def variation(image: np.ndarray, white: np.ndarray) -> float:
    """Coefficient of variation of the white matter, after its probability. Arrays (nx, ny, nz)."""
    values = image[white > SURE]
    return _rounded(values.std() / values.mean()) if values.size and values.mean() else float("nan")


def estimate_noise(image: np.ndarray, white: np.ndarray) -> float:
    """Standard deviation of the noise in white matter, relative to its mean; arrays (nx, ny, nz).

    From the median absolute difference of neighbours along x that both are white matter: tissue borders and what is
    left of the bias field hardly enter. Interpolation makes neighbours alike, so this is noise after resampling.
    """
    sure = white > SURE
    pairs = sure[1:] & sure[:-1]
    if not pairs.any():
        return float("nan")
    spread = np.median(np.abs(image[1:] - image[:-1])[pairs])
    return _rounded(1.4826 * spread / np.sqrt(2) / image[sure].mean())


def _rounded(value: float) -> float:
    return round(float(value), 4)
