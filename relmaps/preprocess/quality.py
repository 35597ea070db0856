"""Measures that tell whether a scan's registration and segmentation can be believed."""

import nibabel as nib
import numpy as np


def quality_of(
    images: dict[str, np.ndarray], template: dict[str, nib.Nifti1Image], volumes: dict, nonlinear: np.ndarray
) -> dict:
    """The measures of qc.tsv, by column.

    images : t1, gm and brain in template space, (nx, ny, nz). volumes : CSF, GM and WM in ml, in the scan.
    nonlinear : (nx, ny, nz) Jacobian determinant of the nonlinear deformation.
    """
    brain = template["brain_mask"].get_fdata() > 0
    t1 = template["T1w"].get_fdata()
    return {
        "similarity": _rounded(np.corrcoef(images["t1"][brain], t1[brain])[0, 1]),
        "brain_dice": _rounded(dice(images["brain"], brain)),
        "gm_dice": _rounded(dice(images["gm"] > 0.5, template["GM_probseg"].get_fdata() > 0.5)),
        "gm_ml": _rounded(volumes["GM"]),
        "wm_ml": _rounded(volumes["WM"]),
        "csf_ml": _rounded(volumes["CSF"]),
        "tiv_ml": _rounded(sum(volumes.values())),
        "jacobian_min": _rounded(nonlinear[brain].min()),
        "jacobian_max": _rounded(nonlinear[brain].max()),
    }


def dice(a: np.ndarray, b: np.ndarray) -> float:
    """2 |a and b| / (|a| + |b|) of two bool arrays; 0 if both are empty."""
    return 2 * float((a & b).sum()) / max(1, int(a.sum() + b.sum()))


def _rounded(value: float) -> float:
    return round(float(value), 4)
