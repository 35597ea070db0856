"""The gate that every raw scan passes before anything is computed from it.

ANTs reads truncated, damaged, wrapped and orientation-less files without a word. Here the file is read to its last
byte, and header, affine and voxels must be those of a T1-weighted head. Bounds: docs/decisions/0008-integrity.md.
A left-right flip cannot be seen in a brain's shape: the header is trusted.
"""

import gzip
import hashlib
import math
import stat
import zlib
from pathlib import Path

import nibabel as nib
import numpy as np

from relmaps.io.errors import ScanError
from relmaps.io.files import hash_file
from relmaps.io.foreign import fill_outside
from relmaps.io.machine import raise_fault
from relmaps.io.orientation import affine_of, by

MAX_VOXELS = 500_000_000
MAX_BYTES = 8 * MAX_VOXELS  # unpacked; what is longer is no single volume, and may be a decompression bomb
CHUNK = 1 << 20

MIN_AXIS, FIELD_OF_VIEW_MM, VOXEL_MM, MAX_ANISOTROPY = 16, (80, 500), (0.2, 10), 8

MIN_LEVELS, MAX_EQUAL_NEIGHBOURS, MIN_POSITIVE_ML = 20, 0.6, 300
MIN_RANGE, MAX_INTENSITY = 1e-12, 1e12
WRAP_DEPTH, MIN_WRAPPED, MIN_WRAP_JUMPS = 1 / 8, 1e-4, 0.7

HEADERS = {348: nib.Nifti1Header, 540: nib.Nifti2Header}
MAGIC_AT = {348: slice(344, 348), 540: slice(4, 8)}
FOREIGN = {  # how a file that is not NIfTI begins -> what it is, and the remedy
    b"<": "but a web page or XML; download the scan again",
    b"version https://git-lfs": "but a Git LFS pointer; run `git lfs pull`",
    b"/annex/objects": "but a git-annex pointer; run `datalad get` or `git annex get`",
}


def read_raw(path: str | Path) -> nib.Nifti1Image:
    """A raw scan, turned to the closest RAS+ orientation, (nx, ny, nz) float32, finite, with an affine in mm.

    The file is read twice at most, and nothing is allocated on the header's word alone. Raises ScanError, one line
    with the file, the finding and the remedy, whatever the file holds; MachineError if the machine cannot read it.
    """
    try:
        length = _unpacked_length(path)
        with _open(path) as file:
            header = _header_of(file.read(540))
            kind, shape = _get_dtype(header), _get_shape(header)
            _check_length(header, kind, shape, length)
            affine = affine_of(header, shape)
            _check_size(shape, affine)
            slope, intercept = _get_scaling(header)
            file.seek(int(header["vox_offset"]))
            stored = np.frombuffer(file.read(math.prod(shape) * kind.itemsize), kind).reshape(shape, order="F")
        finite = fill_outside(stored)
        data = _scaled(finite, slope, intercept)
        if finite is not stored:
            data[np.isnan(stored)] = 0  # and not the intercept
        _check_intensities(data, affine)
        # With an intercept, the sign of a stored number says nothing about overflow.
        if intercept == 0 and _wrapped(finite):
            raise ScanError(
                f"its brightest voxels are negative, they overflowed {kind.name}; convert the scan again as uint16 or "
                "float32"
            )
    except ScanError as error:
        raise ScanError(f"{path}: {error}") from None
    except PermissionError:
        raise ScanError(f"{path}: not readable; check its permissions") from None
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise_fault(error, path)
        raise ScanError(f"{path}: damaged ({error}); copy or convert the file again") from None
    return nib.as_closest_canonical(nib.Nifti1Image(data, affine))


def hash_of_raw(path: str | Path) -> str:
    """sha256 of the file as it is, to tell whether it has changed. Raises the ScanError of `read_raw` if it cannot."""
    try:
        if Path(path).is_file():
            return hash_file(path)
    except OSError as error:
        raise_fault(error, path)
    read_raw(path)  # knows what is wrong with it
    raise ScanError(f"{path}: cannot be read; check the file")


def content_hash(image: nib.Nifti1Image) -> str:
    """sha256 over shape, affine and voxels of an image from `read_raw`.

    The same scan has the same hash under any file name, compression, byte order or storage orientation. The affine
    counts to .01, so that an sform and a qform in single precision agree.
    """
    # Voxel sizes and origins are round numbers: shifted by an odd part of a step, none lies on the border of two.
    affine = np.floor(image.affine / 0.01 + 1 / math.pi).astype("<i8")
    voxels = np.ascontiguousarray(image.get_fdata(dtype=np.float32), dtype="<f4") + np.float32(0)  # -0 becomes 0
    digest = hashlib.sha256(repr(image.shape).encode())
    digest.update(affine.tobytes())
    digest.update(voxels.data)
    return digest.hexdigest()


def _open(path: str | Path):
    return gzip.open(path) if str(path).lower().endswith(".gz") else open(path, "rb")


def _unpacked_length(path: str | Path) -> int:
    """Bytes in the file, unpacked to the end if it is compressed: that is what checks its own checksum and length."""
    try:
        status = Path(path).stat()
    except FileNotFoundError:
        if Path(path).is_symlink():
            raise ScanError("a link to a file that is not there; fetch it (`datalad get`, `git annex get`)") from None
        raise ScanError("no such file; check the path") from None
    if not stat.S_ISREG(status.st_mode):
        raise ScanError("not a file but a folder or device; give the scan itself")
    name = Path(path).name.lower()
    if not name.endswith((".nii", ".nii.gz")):
        raise ScanError("not named .nii or .nii.gz; convert the scan to NIfTI in a single file")
    if status.st_size == 0:
        raise ScanError("not a NIfTI image, the file is empty; copy or convert the file again")
    if name.endswith(".nii"):
        return status.st_size
    with open(path, "rb") as file:
        start = file.read(540)
    if not start.startswith(b"\x1f\x8b"):
        _header_of(start)
        raise ScanError("not compressed, though its name ends in .gz; rename it to .nii")
    length = 0
    with gzip.open(path) as file:
        while chunk := file.read(CHUNK):
            length += len(chunk)
            if length > MAX_BYTES:
                raise ScanError(f"unpacks to more than {MAX_BYTES / 1e9:g} GB; give one T1-weighted volume per file")
    return length


def _header_of(start: bytes) -> nib.Nifti1Header:
    """The header in the first 540 bytes of a file, of NIfTI-1 or NIfTI-2, of either byte order, unchecked."""
    for order in "<>":
        size = int(np.frombuffer(start[:4].ljust(4, b"\0"), f"{order}i4")[0])
        if size in HEADERS and len(start) >= size:
            magic = start[MAGIC_AT[size]]
            if magic[:2] == b"n+":
                return HEADERS[size](start[:size], endianness=order, check=False)
            what = "the header of a .hdr/.img pair" if magic[:2] == b"ni" else "ANALYZE, whose orientation is unknown"
            raise ScanError(f"not a NIfTI image but {what}; convert the scan to a single .nii.gz")
    if start.startswith(b"\x1f\x8b"):
        raise ScanError("compressed, though its name ends in .nii; rename it to .nii.gz")
    if start[128:132] == b"DICM":
        raise ScanError("not a NIfTI image but DICOM; convert the scan with dcm2niix")
    for beginning, what in FOREIGN.items():
        if start.lstrip().startswith(beginning):
            raise ScanError(f"not a NIfTI image {what}")
    raise ScanError("not a NIfTI image; convert the scan again")


def _get_dtype(header: nib.Nifti1Header) -> np.dtype:
    try:
        kind = header.get_data_dtype()
    except (nib.spatialimages.HeaderDataError, KeyError):
        raise ScanError(f"unknown voxel type {header['datatype']}; convert the scan again") from None
    if kind.kind == "c":
        raise ScanError(f"complex voxels ({kind.name}); give the magnitude image")
    if kind.kind not in "iuf" or kind.itemsize > 8:
        name = nib.nifti1.data_type_codes.label[int(header["datatype"])]
        raise ScanError(f"voxels of type {name}, not one real number each; convert the scan to int16 or float32")
    return kind


def _get_shape(header: nib.Nifti1Header) -> tuple[int, int, int]:
    """(nx, ny, nz) of the file's one volume; axes of length one after the third are dropped."""
    n, *lengths = (int(length) for length in header["dim"])
    if not 1 <= n <= 7 or min(lengths[:n]) < 1:
        raise ScanError(f"impossible dimensions {n, *lengths} in the header; convert the scan again")
    volumes = math.prod(lengths[3:n])
    if volumes > 1:
        raise ScanError(f"{volumes} volumes, not a 3D volume; give one T1-weighted volume per file")
    shape = tuple([*lengths[:n], 1, 1][:3])
    if min(shape) == 1:
        raise ScanError(f"a single slice of {by(shape)} voxels, not a 3D volume; give the whole volume")
    return shape


def _check_length(header: nib.Nifti1Header, kind: np.dtype, shape: tuple[int, int, int], length: int) -> None:
    """Before a byte is allocated: the file must hold the voxels that its header announces, and nothing else of size."""
    if math.prod(shape) > MAX_VOXELS:
        raise ScanError(f"{by(shape)} voxels, more than {MAX_VOXELS / 1e6:g} million; give the scan as acquired")
    offset = float(header["vox_offset"])
    if not (offset >= int(header["sizeof_hdr"]) and offset.is_integer()):
        raise ScanError(f"its header says that voxels start at byte {offset:g}; convert the scan again")
    needed = int(offset) + math.prod(shape) * kind.itemsize
    if length < needed:
        raise ScanError(
            f"damaged, its header announces {needed} bytes, the file holds {length}; copy or convert the file again"
        )
    # Padding to whole blocks is common; a slice more means that header and voxels do not belong together.
    if length - needed >= shape[0] * shape[1] * kind.itemsize:
        raise ScanError(f"{length - needed} bytes more than its header announces; convert the scan again")


def _get_scaling(header: nib.Nifti1Header) -> tuple[float, float]:
    """Slope and intercept; a slope of 0 means, in NIfTI, that values are as stored."""
    slope, intercept = float(header["scl_slope"]), float(header["scl_inter"])
    if slope == 0:
        return 1.0, 0.0
    if not (abs(slope) <= MAX_INTENSITY and abs(intercept) <= MAX_INTENSITY):
        raise ScanError(
            f"implausible intensity scaling (scl_slope {slope:g}, scl_inter {intercept:g}); convert the scan again"
        )
    return slope, intercept


def _scaled(stored: np.ndarray, slope: float, intercept: float) -> np.ndarray:
    """(nx, ny, nz) float32 of finite stored values."""
    with np.errstate(all="ignore"):  # an infinite result fails the bounds on intensity
        data = stored.astype(np.float32)
        if (slope, intercept) != (1, 0):
            data *= np.float32(slope)
            data += np.float32(intercept)
    return data


def _check_size(shape: tuple[int, int, int], affine: np.ndarray) -> None:
    sizes = nib.affines.voxel_sizes(affine)
    view = sizes * shape
    if min(shape) < MIN_AXIS:
        raise ScanError(f"{by(shape)} voxels, fewer than {MIN_AXIS} along an axis; give the whole head")
    if sizes.min() < VOXEL_MM[0] or sizes.max() > VOXEL_MM[1]:
        raise ScanError(f"voxels of {by(sizes)} mm, not between {VOXEL_MM[0]} and {VOXEL_MM[1]}; check its header")
    if sizes.max() > MAX_ANISOTROPY * sizes.min():
        raise ScanError(f"voxels of {by(sizes)} mm, longer than {MAX_ANISOTROPY} times their width; give a 3D scan")
    if view.min() < FIELD_OF_VIEW_MM[0] or view.max() > FIELD_OF_VIEW_MM[1]:
        low, high = FIELD_OF_VIEW_MM
        raise ScanError(f"a field of view of {by(view)} mm, not between {low} and {high}; give the whole head")


def _check_intensities(data: np.ndarray, affine: np.ndarray) -> None:
    """data : (nx, ny, nz) float32. A scan has many grey values that change from voxel to voxel, and a brain's worth."""
    low, high = float(data.min()), float(data.max())
    if low == high:
        raise ScanError(f"empty, every voxel is {low:g}; convert the scan again")
    if not (max(-low, high) <= MAX_INTENSITY and high - low >= MIN_RANGE):
        raise ScanError(f"implausible intensities, from {low:g} to {high:g}; convert the scan again")
    levels = np.empty(0, np.float32)
    for part in data.T:  # slices that lie together in memory
        levels = np.union1d(levels, part)
        if levels.size >= MIN_LEVELS:
            break
    else:
        raise ScanError(f"looks like a mask or label image ({levels.size} different values); give the T1-weighted scan")
    equal = _equal_neighbours(data)
    if equal > MAX_EQUAL_NEIGHBOURS:
        raise ScanError(
            f"looks like a mask or label image ({equal:.0%} of neighbours are equal); give the T1-weighted scan"
        )
    volume = np.count_nonzero(data > 0) * abs(np.linalg.det(affine[:3, :3])) / 1000
    if volume < MIN_POSITIVE_ML:
        raise ScanError(f"only {volume:.0f} mL are above 0, less than a brain; give the whole head")


def _background(data: np.ndarray) -> float:
    """The most frequent value on the six faces of a volume; where the air is noise, it stands for little."""
    faces = [np.take(data, end, axis).ravel() for axis in range(3) for end in (0, -1)]
    values, counts = np.unique(np.concatenate(faces), return_counts=True)
    return values[np.argmax(counts)]


def _equal_neighbours(data: np.ndarray) -> float:
    """Share of neighbours along the first axis with one value, where neither has that of the background."""
    inside = data != _background(data)
    pairs = inside[:-1] & inside[1:]
    return np.count_nonzero(pairs & (data[:-1] == data[1:])) / max(1, np.count_nonzero(pairs))


def _wrapped(stored: np.ndarray) -> bool:
    """Whether voxels too bright for their signed type have become negative.

    Where an image crosses 0 honestly, neighbours are close. Where it has overflowed, a negative voxel next to a
    positive one is closer to it once the type's whole range is added back. A constant background may be negative.
    """
    half = 128 if stored.dtype.itemsize == 1 else 32768  # a file may have been rewritten in a wider type since
    if stored.dtype.kind == "u" or stored.min() < -half or stored.max() >= half:
        return False
    deep = (stored < -half * WRAP_DEPTH) & (stored != _background(stored))
    if np.count_nonzero(deep) < MIN_WRAPPED * stored.size:
        return False
    borders = jumps = 0
    for axis in range(3):
        values, below = np.moveaxis(stored, axis, 0), np.moveaxis(deep, axis, 0)
        for here, there in ((slice(None, -1), slice(1, None)), (slice(1, None), slice(None, -1))):
            border = below[here] & (values[there] >= 0)
            borders += np.count_nonzero(border)
            jumps += np.count_nonzero(values[there][border].astype(float) - values[here][border] > half)
    return jumps > MIN_WRAP_JUMPS * borders
