"""Where the voxels of an image lie, as far as its header can be believed.

Bounds: docs/decisions/0008-integrity.md.
"""

import nibabel as nib
import numpy as np

from relmaps.io.errors import ScanError

MAX_SHEAR = 0.005  # cosine between two axes of the affine
MAX_FORMS_MM = 1.0  # between a corner's place by sform and by qform, where both claim the same space
MAX_PIXDIM = 0.01  # relative difference between the header's voxel sizes and the sform's
MAX_ORIGIN_MM = 10_000
SCANNER, ALIGNED = 1, 2  # codes of sform and qform; 3 to 5 are template spaces


def affine_of(header: nib.Nifti1Header, shape: tuple[int, int, int], sheared: bool = False) -> np.ndarray:
    """(4, 4) voxel index -> mm: the sform where there is one, else the qform, as nibabel does.

    sheared : whether its axes may lie at other than right angles.
    """
    header = header.copy()
    header["pixdim"][0] = -1 if header["pixdim"][0] < 0 else 1  # the standard's reading of an undefined handedness
    header["pixdim"][1:4] = np.abs(header["pixdim"][1:4])
    codes = {name: int(header[f"{name}_code"]) for name in ("sform", "qform")}
    try:
        with np.errstate(all="ignore"):
            forms = {
                name: np.asarray(getattr(header, f"get_{name}")(), dtype=float)
                for name, code in codes.items()
                if 1 <= code <= 5
            }
    except (nib.spatialimages.HeaderDataError, ValueError, ArithmeticError) as error:
        raise ScanError(f"its qform is no rotation ({error}); convert the scan again") from None
    if not forms:
        raise ScanError(
            "no affine (sform_code and qform_code are 0), its orientation is unknown; convert the scan again"
        )
    for name, matrix in forms.items():
        _check_matrix(matrix, name, sheared)
    if len(forms) == 2:
        _check_agreement(forms["sform"], forms["qform"], codes["sform"] == codes["qform"], shape)
    if "sform" in forms and codes["sform"] in (SCANNER, ALIGNED):
        sizes, announced = nib.affines.voxel_sizes(forms["sform"]), header["pixdim"][1:4].astype(float)
        if not np.allclose(announced, sizes, rtol=MAX_PIXDIM, atol=0):
            raise ScanError(
                f"voxels of {by(announced)} mm by pixdim, but {by(sizes)} mm by its sform; convert the scan again"
            )
    return forms["sform" if "sform" in forms else "qform"]


def _check_matrix(matrix: np.ndarray, name: str, sheared: bool) -> None:
    if not np.isfinite(matrix).all():
        raise ScanError(f"its affine ({name}) has NaN or infinite numbers; convert the scan again")
    if np.abs(matrix).max() > MAX_ORIGIN_MM:
        raise ScanError(f"more than {MAX_ORIGIN_MM / 1000:g} m from the origin by its {name}; convert the scan again")
    sizes = nib.affines.voxel_sizes(matrix)
    if sizes.min() < 1e-6 or abs(np.linalg.det(matrix[:3, :3] / sizes)) < 1e-3:
        raise ScanError(f"its affine is singular ({name}); convert the scan again")
    axes = matrix[:3, :3] / sizes
    shear = float(np.abs(axes.T @ axes - np.eye(3)).max())
    if shear > MAX_SHEAR and not sheared:
        raise ScanError(
            f"its affine is sheared ({name}, cosine {shear:.3f} between two axes), which ANTs cannot represent; "
            "resample the scan to right angles"
        )


def _check_agreement(sform: np.ndarray, qform: np.ndarray, same_space: bool, shape: tuple[int, int, int]) -> None:
    """Two spaces may differ as they like, but not by a mirror: nobody's registration turns left into right."""
    if np.linalg.det(sform[:3, :3]) * np.linalg.det(qform[:3, :3]) < 0:
        raise ScanError("sform and qform disagree about left and right; convert the scan again")
    distance = np.linalg.norm(_corners(sform, shape) - _corners(qform, shape), axis=1).max()
    if same_space and distance > MAX_FORMS_MM:
        raise ScanError(f"sform and qform of the same space differ by {distance:.1f} mm; convert the scan again")


def _corners(affine: np.ndarray, shape: tuple[int, int, int]) -> np.ndarray:
    """(8, 3): mm of the outermost voxel centres."""
    return nib.affines.apply_affine(affine, np.indices((2, 2, 2)).reshape(3, 8).T * (np.array(shape) - 1))


def by(numbers) -> str:
    return " x ".join(f"{float(number):.4g}" for number in numbers)
