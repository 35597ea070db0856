"""Bad scans by name: how a good scan becomes each of them, and what the user is told.

The words are those of docs/decisions/0008-integrity.md. A case without words passes the gate: it is harmless, or only
the similarity after registration can tell.
"""

import gzip
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import nibabel as nib
import numpy as np

VOXEL_MM = 8.0


@dataclass(frozen=True)
class BadScan:
    """spoil : (good scan, path of its file without suffix) -> path of the bad file. words : of the reason, or None."""

    spoil: Callable[[nib.Nifti1Image, Path], Path]
    words: str | None


def small_head(seed: int = 0) -> nib.Nifti1Image:
    """A head of three nested ellipsoids with noise, int16, 8 mm, stored left-handed as many scanners do."""
    rng = np.random.default_rng(seed)
    shape = (24, 28, 23)
    radius = np.linalg.norm((np.indices(shape).T - [11.0, 14, 11]) / [9, 11, 9], axis=-1).T
    tissue = np.select([radius < 0.5, radius < 0.8, radius < 0.9], [1000, 700, 120], np.where(radius < 1, 800, 0))
    data = np.hypot(tissue + 20 * rng.standard_normal(shape), 20 * rng.standard_normal(shape))
    affine = np.diag([-VOXEL_MM, VOXEL_MM, VOXEL_MM, 1.0])
    affine[:3, 3] = [92, -112, -84]
    return in_scanner(nib.Nifti1Image(np.rint(data).astype(np.int16), affine))


def in_scanner(image: nib.Nifti1Image) -> nib.Nifti1Image:
    """The image with its affine as sform and qform of the scanner's space."""
    image.set_sform(image.affine, code="scanner")
    image.set_qform(image.affine, code="scanner")
    return image


def packed(image: nib.Nifti1Image, **fields) -> bytes:
    """The image as an uncompressed NIfTI-1 file, with header fields set that nibabel would not let pass."""
    content = bytearray(image.to_bytes())
    header = nib.Nifti1Header(bytes(content[:348]), check=False)
    for field, value in fields.items():
        header[field] = value
    content[:348] = header.binaryblock
    return bytes(content)


def placed(content: bytes, path: Path, suffix: str = ".nii.gz") -> Path:
    """Write bytes as they are, under the path with the suffix."""
    path = path.with_name(path.name + suffix)
    path.write_bytes(content)
    return path


def zipped(content: bytes, path: Path) -> Path:
    return placed(gzip.compress(content, compresslevel=1, mtime=0), path)


def wrapped(image: nib.Nifti1Image, top: float = 45000) -> nib.Nifti1Image:
    """The image with its brightest voxel at `top`, stored as int16 without regard for overflow."""
    data = image.get_fdata()
    bright = np.rint(data * (top / data.max())).astype(np.uint16)
    return nib.Nifti1Image(bright.view(np.int16), image.affine, image.header)


def _with_data(change: Callable[[np.ndarray], np.ndarray]):
    """Spoil the values; float32 unless the change itself sets the type."""

    def spoil(image: nib.Nifti1Image, path: Path) -> Path:
        data = change(image.get_fdata(dtype=np.float32).copy())
        return zipped(in_scanner(nib.Nifti1Image(data, image.affine)).to_bytes(), path)

    return spoil


def _with_fields(**fields):
    return lambda image, path: zipped(packed(image, **fields), path)


def _with_affine(turn: np.ndarray, form: str = "both"):
    """Spoil the affine by a (4, 4) matrix from the right, in sform and qform, in `qform`, or in a lone `sform`."""

    def spoil(image: nib.Nifti1Image, path: Path) -> Path:
        affine = image.affine @ turn
        image = nib.Nifti1Image(image.get_fdata(dtype=np.float32), image.affine, image.header)
        if form != "sform":
            image.set_qform(affine, code="scanner")
        fields = {} if form == "qform" else dict(zip(("srow_x", "srow_y", "srow_z"), affine, strict=False))
        if form == "sform":
            fields["qform_code"] = 0
        return zipped(packed(image, **fields), path)

    return spoil


def _with_file(content: bytes, suffix: str = ".nii.gz"):
    return lambda image, path: placed(content, path, suffix)


def _with_packed(change: Callable[[bytes], bytes], suffix: str = ".nii.gz"):
    """Spoil the bytes of the file, compressed unless the suffix says otherwise."""

    def spoil(image: nib.Nifti1Image, path: Path) -> Path:
        content = packed(image)
        return placed(change(gzip.compress(content, mtime=0) if suffix.endswith(".gz") else content), path, suffix)

    return spoil


def _missing(image: nib.Nifti1Image, path: Path) -> Path:
    return path.with_name(path.name + ".nii.gz")


def _link_to_nothing(image: nib.Nifti1Image, path: Path) -> Path:
    path = _missing(image, path)
    path.symlink_to(path.with_name("annexed.nii.gz"))
    return path


def _folder(image: nib.Nifti1Image, path: Path) -> Path:
    path = _missing(image, path)
    path.mkdir()
    return path


def _at(voxel: tuple[int, int, int], value: float) -> Callable[[np.ndarray], np.ndarray]:
    def change(data: np.ndarray) -> np.ndarray:
        data[voxel] = value
        return data

    return change


def _flipped_byte(position: int) -> Callable[[bytes], bytes]:
    def change(content: bytes) -> bytes:
        content = bytearray(content)
        content[position] ^= 0xFF
        return bytes(content)

    return change


def _coloured(data: np.ndarray) -> np.ndarray:
    return np.zeros(data.shape, dtype=[("R", "u1"), ("G", "u1"), ("B", "u1")])


def _labelled(data: np.ndarray) -> np.ndarray:
    """Blocks of 4 voxels with a number each."""
    x, y, z = (index // 4 for index in np.indices(data.shape))
    return np.where(data > data.max() / 10, 1 + x + 8 * y + 64 * z, 0).astype(np.int16)


UPSIDE_DOWN = np.diag([1.0, 1, -1, 1])
SWAPPED = np.eye(4)[[0, 2, 1, 3]]
SHEARED = np.eye(4) + 0.1 * np.eye(4)[:, [1]] @ np.eye(4)[[2]]
SHIFTED = np.eye(4) + 3 * np.eye(4)[:, [0]] @ np.eye(4)[[3]]
MIRRORED = np.diag([-1.0, 1, 1, 1])
FLAT = np.diag([1.0, 1, 0, 1])
LONG = np.diag([1.0, 1, 1.1, 1])

BAD_SCANS = {
    "missing": BadScan(_missing, "no such file"),
    "link to nothing": BadScan(_link_to_nothing, "a link to a file that is not there"),
    "folder": BadScan(_folder, "not a file but a folder or device"),
    "empty": BadScan(_with_file(b""), "not a NIfTI image, the file is empty"),
    "HTML": BadScan(_with_file(b"<!DOCTYPE html><title>Log in</title>"), "not a NIfTI image but a web page or XML"),
    "Git LFS pointer": BadScan(_with_file(b"version https://git-lfs.github.com/spec/v1\n"), "a Git LFS pointer"),
    "git-annex pointer": BadScan(_with_file(b"/annex/objects/MD5E-s9--0.nii.gz\n"), "a git-annex pointer"),
    "gzip of text": BadScan(_with_file(gzip.compress(b"id\tage\n" * 200)), "not a NIfTI image; convert"),
    "DICOM": BadScan(_with_file(bytes(128) + b"DICM" + bytes(900), ".nii"), "not a NIfTI image but DICOM"),
    "other format": BadScan(_with_packed(bytes, ".img"), "not named .nii or .nii.gz"),
    "header of a pair": BadScan(_with_fields(magic=b"ni1"), "the header of a .hdr/.img pair"),
    "ANALYZE": BadScan(_with_fields(magic=b""), "ANALYZE, whose orientation is unknown"),
    "unpacked under .gz": BadScan(lambda image, path: placed(packed(image), path), "not compressed, though its name"),
    "packed under .nii": BadScan(_with_packed(gzip.compress, ".nii"), "compressed, though its name ends in .nii"),
    "truncated": BadScan(_with_packed(lambda content: content[: len(content) // 2]), "damaged (Compressed file ended"),
    "truncated, unpacked": BadScan(
        _with_packed(lambda content: content[:9000], ".nii"), "damaged, its header announces"
    ),
    "bad checksum": BadScan(_with_packed(_flipped_byte(-6)), "damaged (CRC check failed"),
    "bad length": BadScan(_with_packed(_flipped_byte(-2)), "damaged (Incorrect length of data"),
    "rest after the end": BadScan(_with_packed(lambda content: content + b"rest"), "damaged (Not a gzipped file"),
    "two files in one": BadScan(_with_packed(lambda content: content * 2), "bytes more than its header announces"),
    "header of a larger scan": BadScan(
        _with_fields(dim=[3, 2000, 2000, 100, 1, 1, 1, 1]), "damaged, its header announces"
    ),
    "impossible dimensions": BadScan(_with_fields(dim=[3, 24, -28, 23, 1, 1, 1, 1]), "impossible dimensions"),
    "unknown type": BadScan(_with_fields(datatype=77), "unknown voxel type 77"),
    "complex": BadScan(_with_data(lambda data: data.astype(np.complex64)), "complex voxels"),
    "colour": BadScan(_with_data(_coloured), "voxels of type RGB"),
    "4D, one volume": BadScan(_with_data(lambda data: data[..., None]), None),
    "4D, many volumes": BadScan(_with_data(lambda data: np.stack([data] * 3, axis=-1)), "3 volumes, not a 3D volume"),
    "one slice": BadScan(_with_data(lambda data: data[:, :, 11:12]), "a single slice"),
    "5 x 5 x 5": BadScan(_with_data(lambda data: data[9:14, 9:14, 9:14]), "5 x 5 x 5 voxels, fewer than 16"),
    "thin slab": BadScan(
        _with_fields(qform_code=0, pixdim=[-1, 8, 8, 1, 0, 0, 0, 0], srow_z=[0, 0, 1, -8]),
        "a field of view of 192 x 224 x 23 mm",
    ),
    "in metres": BadScan(
        _with_fields(
            pixdim=[-1, 0.008, 0.008, 0.008, 0, 0, 0, 0],
            qform_code=0,
            srow_x=[-0.008, 0, 0, 0.09],
            srow_y=[0, 0.008, 0, -0.1],
            srow_z=[0, 0, 0.008, -0.08],
        ),
        "voxels of 0.008 x 0.008 x 0.008 mm",
    ),
    "no affine": BadScan(_with_fields(sform_code=0, qform_code=0), "no affine"),
    "singular affine": BadScan(_with_affine(FLAT, "sform"), "its affine is singular"),
    "NaN in the affine": BadScan(_with_fields(srow_y=[0, np.nan, 0, 0]), "its affine (sform) has NaN"),
    "sheared affine": BadScan(_with_affine(SHEARED, "sform"), "its affine is sheared"),
    "sform against qform": BadScan(
        _with_affine(SHIFTED, "qform"), "sform and qform of the same space differ by 24.0 mm"
    ),
    "mirrored qform": BadScan(_with_affine(MIRRORED, "qform"), "disagree about left and right"),
    "sform against pixdim": BadScan(_with_affine(LONG, "sform"), "mm by pixdim, but 8 x 8 x 8.8 mm by its sform"),
    "upside-down header": BadScan(_with_affine(UPSIDE_DOWN), None),
    "swapped axes": BadScan(_with_affine(SWAPPED), None),
    "slope 0": BadScan(_with_fields(scl_slope=0, scl_inter=7), None),
    "slope NaN": BadScan(_with_fields(scl_slope=np.nan), "implausible intensity scaling (scl_slope nan"),
    "slope infinite": BadScan(_with_fields(scl_slope=np.inf), "implausible intensity scaling (scl_slope inf"),
    "slope 1e30": BadScan(_with_fields(scl_slope=1e30), "implausible intensity scaling (scl_slope 1e+30"),
    "values of 1e20": BadScan(_with_data(lambda data: data * 1e20), "implausible intensities"),
    "NaN outside the head": BadScan(_with_data(_at((slice(0, 2),), np.nan)), None),
    "NaN": BadScan(
        _with_data(_at((3, 4, 5), np.nan)),
        "has NaN or infinite voxels (0 infinite, 1 NaN enclosed by values, of 15456)",
    ),
    "infinite": BadScan(
        _with_data(_at((3, 4, 5), -np.inf)),
        "has NaN or infinite voxels (1 infinite, 0 NaN enclosed by values, of 15456)",
    ),
    "all zero": BadScan(_with_data(np.zeros_like), "empty, every voxel is 0"),
    "constant": BadScan(_with_data(lambda data: np.full_like(data, 42)), "empty, every voxel is 42"),
    "mask": BadScan(_with_data(lambda data: (data > 300).astype(np.uint8)), "looks like a mask or label image (2 "),
    "labels": BadScan(_with_data(_labelled), "looks like a mask or label image (7"),
    "hardly anything": BadScan(
        _with_data(lambda data: np.where(np.indices(data.shape)[2] == 11, data - 100, -100)),
        "mL are above 0, less than a brain",
    ),
    "int16 wrap-around": BadScan(
        lambda image, path: zipped(wrapped(image).to_bytes(), path), "its brightest voxels are negative"
    ),
}
