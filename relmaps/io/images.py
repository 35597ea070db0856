"""The only door for images, in and out: grid, orientation, units and content are checked here and nowhere else.

Two doors stand elsewhere: raw scans come in by relmaps/preprocess/integrity.py, maps that others made by
relmaps/io/foreign.py.
Arrays are indexed (x, y, z) with x to the right, y to the front and z up (RAS+), in voxels of the study's grid.
"""

import gzip
import zlib
from pathlib import Path
from typing import cast

import nibabel as nib
import numpy as np

from relmaps.io.errors import UserError
from relmaps.io.files import explain_missing, replacing, write_json
from relmaps.io.machine import raise_fault
from relmaps.space.grid import Grid


def load_grid(path: str | Path, space: str) -> Grid:
    """The grid of a NIfTI file, such as the study's brain mask."""
    image = load_image(path)
    return Grid(tuple(image.shape[:3]), image.affine, space)


def read_map(path: str | Path, grid: Grid) -> np.ndarray:
    """(nx, ny, nz) float32 of an image that must lie on the study's grid.

    Raises UserError naming the file if it cannot be read, is not 3D, has another grid or a value that is not finite.
    """
    image = load_image(path)
    if not grid.fits(image.shape, image.affine):
        raise UserError(
            f"{path}: grid {image.shape} with affine {np.round(image.affine, 2).tolist()} is not the study's "
            f"{grid.shape} with {np.round(grid.affine, 2).tolist()}; resample it to the study's template"
        )
    data = np.asarray(image.dataobj, dtype=np.float32)
    if not np.isfinite(data).all():
        raise UserError(f"{path}: has NaN or infinite values; write 0 where there is nothing")
    return data


def read_mask(path: str | Path, grid: Grid) -> np.ndarray:
    """(nx, ny, nz) bool of a mask on the study's grid: true where the image is above one half."""
    return read_map(path, grid) > 0.5


def write_map(data: np.ndarray, path: str | Path, grid: Grid, sidecar: dict | None = None, dtype=np.float32) -> None:
    """Write (nx, ny, nz) as NIfTI with the grid's affine as sform and qform; the sidecar goes beside it as JSON."""
    if data.shape != tuple(grid.shape):
        raise ValueError(f"{path}: array {data.shape} does not fit the grid {grid.shape}")
    image = nib.Nifti1Image(np.asarray(data, dtype=dtype), grid.affine)
    image.set_sform(grid.affine, code="mni")
    image.set_qform(grid.affine, code="mni")
    image.header.set_xyzt_units("mm")
    save(image, path)
    if sidecar is not None:
        write_json({"space": grid.space} | sidecar, str(path).removesuffix(".gz").removesuffix(".nii") + ".json")


def save(image: nib.Nifti1Image, path: str | Path) -> None:
    """Write a NIfTI image whole or not at all, the same bytes for the same image (no time stamp in the gzip header)."""
    content = image.to_bytes()
    with replacing(path) as temporary:
        if str(path).endswith(".gz"):
            content = gzip.compress(content, compresslevel=1, mtime=0)
        temporary.write_bytes(content)


def is_whole(path: str | Path) -> bool:
    """Whether a file that a program has written is as long as its NIfTI header says; another file, not empty.

    ANTs and dcm2niix do not notice that a disk is full, and ANTs reads what was cut short without a word.
    """
    if Path(path).name.endswith((".nii", ".nii.gz")):
        try:
            np.asanyarray(cast(nib.Nifti1Image, nib.load(path)).dataobj)
        except (nib.filebasedimages.ImageFileError, OSError, EOFError, ValueError, zlib.error):
            return False
    return Path(path).stat().st_size > 0


def load_image(path: str | Path) -> nib.Nifti1Image:
    """Open an image in any format of nibabel; its voxels are read when they are used. UserError names the file."""
    try:
        return cast(nib.Nifti1Image, nib.load(path))
    except FileNotFoundError:
        raise UserError(f"{path}: {explain_missing(path, 'image')}") from None
    except PermissionError:
        raise UserError(f"{path}: not readable; check its permissions") from None
    except (nib.filebasedimages.ImageFileError, OSError, EOFError, zlib.error) as error:
        raise_fault(error, path)
        raise UserError(f"{path}: not a NIfTI image ({error}); convert the scan again") from None
