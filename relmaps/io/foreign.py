"""The door for maps, atlases and templates that others made: on a grid of their own, in the formats of the field.

An image without orientation, in another space or with a hole in the brain is refused as a raw scan would be.
"""

import re
import zlib
from pathlib import Path

import nibabel as nib
import numpy as np
from scipy.io import loadmat
from scipy.ndimage import label

from relmaps.io.errors import ScanError, UserError
from relmaps.io.images import load_image
from relmaps.io.machine import raise_fault
from relmaps.io.orientation import affine_of, by
from relmaps.space.grid import Grid

AFNI = 4  # code of AFNI's header extension
FORMS = {3: "Talairach space", 5: "a template other than MNI"}  # codes of sform and qform; 4 is MNI
MNI = 4


def read_foreign_map(path: str | Path, template: Grid | None = None) -> nib.Nifti1Image:
    """Read a 3D map on a grid of its own.

    NaN outside the brain is read as 0, and axes of length one after the third are dropped: both are usual in published
    maps.

    Parameters
    ----------
    path : file of one volume in any format that nibabel reads
    template : grid on which an image without orientation lies voxel by voxel; None where none may lack one

    Returns
    -------
    image, shape (nx, ny, nz), float32, finite

    Raises
    ------
    UserError
        If the file is no volume of one number per voxel, damaged, empty, has no orientation or a contradictory one,
        names a space other than MNI, or has infinite values, or NaN that values enclose.
    """
    image = load_image(path)
    if not isinstance(image, nib.spatialimages.SpatialImage):
        raise UserError(f"{path}: not a volume but {type(image).__name__}; give a NIfTI volume in MNI space")
    if image.get_data_dtype().kind not in "biuf":
        raise UserError(f"{path}: its voxels are not one real number each (RGB or complex); give a map of one value")
    shape = image.shape
    while len(shape) > 3 and shape[-1] == 1:
        shape = shape[:-1]
    if len(shape) != 3:
        raise UserError(f"{path}: shape {image.shape} is not 3D; give one map per file")
    try:
        data = np.asarray(image.dataobj, dtype=np.float32).reshape(shape)
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise_fault(error, path)
        raise UserError(f"{path}: damaged ({error}); copy the file again") from None
    try:
        data = fill_outside(data)
        affine = _affine_of(image, shape, template)
    except ScanError as error:
        raise UserError(f"{path}: {error}") from None
    if data.min() == data.max():
        raise UserError(f"{path}: empty, every voxel is {data.flat[0]:g}; give a map that varies")
    _check_space(path, image)
    return nib.Nifti1Image(data, affine, image.header if isinstance(image, nib.Nifti1Pair) else None)


def fill_outside(data: np.ndarray) -> np.ndarray:
    """Read NaN as 0 where it reaches the border of the image through NaN alone, as SPM writes it outside its mask.

    Parameters
    ----------
    data : ndarray, shape (nx, ny, nz)

    Returns
    -------
    ndarray, shape (nx, ny, nz) : finite; the array itself where it was finite before

    Raises
    ------
    ScanError
        For infinite values, and for NaN that is enclosed by values: it lies in the brain.
    """
    if data.dtype.kind != "f" or np.isfinite(data).all():
        return data
    infinite = int(np.isinf(data).sum())
    parts, _ = label(np.isnan(data))
    outside = {int(part) for axis in range(3) for end in (0, -1) for part in np.unique(np.take(parts, end, axis))}
    enclosed = int(np.count_nonzero(parts) - np.isin(parts, [*outside - {0}]).sum())
    if infinite or enclosed:
        raise ScanError(
            f"has NaN or infinite voxels ({infinite} infinite, {enclosed} NaN enclosed by values, of {data.size}); "
            "write 0 where nothing was measured"
        )
    return np.where(parts > 0, data.dtype.type(0), data)


def _affine_of(image: nib.spatialimages.SpatialImage, shape: tuple, template: Grid | None) -> np.ndarray:
    """(4, 4) of the header, or the template's for an image without one where that was asked for. ScanError if not."""
    known = _stated_affine(image, shape)
    if template is None:
        if known is None:
            raise ScanError(
                "no affine (sform_code and qform_code are 0, or ANALYZE), its orientation is unknown; convert it from "
                "its source, or set `affine: template` of this reference, map or atlas if it lies on the study's grid"
            )
        return known
    if known is not None:
        raise ScanError("has an affine of its own; remove `affine: template`")
    if shape != tuple(template.shape):
        raise ScanError(
            f"has {by(shape)} voxels, but the study's grid, on which `affine: template` puts it, {by(template.shape)}; "
            "give an image with an affine"
        )
    return template.affine


def _stated_affine(image: nib.spatialimages.SpatialImage, shape: tuple) -> np.ndarray | None:
    """(4, 4) as far as the file says it; nibabel makes one up for those that say none."""
    if isinstance(image, nib.Nifti1Pair):
        stated = any(1 <= int(image.header[f"{form}_code"]) <= 5 for form in ("sform", "qform"))
        return affine_of(image.header, shape, sheared=True) if stated else None
    if isinstance(image, nib.AnalyzeImage):  # and SPM's: its .mat holds M, whose sides depend on a default, or mat
        sides = image.file_map["mat"].filename if "mat" in image.file_map else None
        return image.affine if sides and Path(sides).is_file() and "mat" in loadmat(sides) else None
    return image.affine


def _check_space(path: str | Path, image: nib.spatialimages.SpatialImage) -> None:
    """UserError if the file's name, an AFNI extension or either form names a space other than MNI."""
    remedy = "convert it to MNI space"
    named = re.search(r"(?:\A|_)space-([A-Za-z0-9]+)", Path(path).name)
    if named and not named[1].startswith("MNI"):
        raise UserError(f"{path}: its name says space {named[1]}; {remedy}")
    afni = _afni_space(image)
    if afni:
        if not afni.startswith("MNI"):
            raise UserError(f"{path}: its AFNI header says space {afni}; {remedy}")
        return  # AFNI writes the code of Talairach for every template
    for form, code in _codes(image).items():
        if code in FORMS:
            raise UserError(f"{path}: its header says {FORMS[code]} ({form}_code {code}); {remedy}")


def names_mni(image: nib.Nifti1Image) -> bool:
    """Whether the header of an image from `read_foreign_map` says MNI space."""
    return _afni_space(image).startswith("MNI") or MNI in _codes(image).values()


def _codes(image: nib.spatialimages.SpatialImage) -> dict[str, int]:
    if not isinstance(image, nib.Nifti1Pair):
        return {}
    return {form: int(image.header[f"{form}_code"]) for form in ("sform", "qform")}


def _afni_space(image: nib.spatialimages.SpatialImage) -> str:
    """TEMPLATE_SPACE of an AFNI file, or of AFNI's extension of a NIfTI header; empty if there is none."""
    if isinstance(image, nib.brikhead.AFNIImage):
        return str(image.header.info.get("TEMPLATE_SPACE", "")).strip("~")
    for extension in getattr(image.header, "extensions", ()):
        if extension.get_code() == AFNI:
            found = re.search(rb'"TEMPLATE_SPACE"[^>]*>\s*"?([A-Za-z0-9_]+)', bytes(extension.get_content()))
            return found[1].decode() if found else ""
    return ""
