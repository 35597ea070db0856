"""What the headers of a DICOM series say: which files are its images, and whether slices are missing."""

import logging
import math
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from pydicom.uid import UID, ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from relmaps.io.errors import ScanError

log = logging.getLogger("relmaps")
pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE  # or each file of many scanners has a warning

RULES = 1  # raise it when a series that was accepted may now be refused, so that it is looked at again
UNCOMPRESSED = {ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian}
TOLERANCE = 0.05  # of a distance between slices; positions and thickness are rounded differently
SAME_SLICE = (  # the last three say which slice of a volume it is
    *("SeriesNumber", "AcquisitionNumber", "AcquisitionTime", "ImageType", "EchoTime", "TriggerTime"),
    *("TemporalPositionIdentifier", "InstanceNumber", "ImageOrientationPatient", "ImagePositionPatient"),
)
PRIVATE_COUNTS = {  # of slices : group, creator, element
    "GE's locations in acquisition": (0x0021, "GEMS_RELA_01", 0x4F),
    "Philips' number of slices": (0x2001, "Philips Imaging DD 001", 0x18),
}
SIEMENS_PROTOCOL = (0x0029, "SIEMENS CSA HEADER", 0x20)


@dataclass
class Series:
    """The DICOM files of a folder. images : path -> header; a damaged file has an empty one. others : reports,
    presentation states and other objects without an image."""

    folder: Path
    images: dict[Path, pydicom.Dataset] = field(default_factory=dict)
    others: list[Path] = field(default_factory=list)

    def other_transfer_syntaxes(self) -> str:
        """Name and UID of those that are not plain; empty if there is none."""
        uids = {_meta_uid(header, "TransferSyntaxUID") for header in self.images.values()} - UNCOMPRESSED - {""}
        return ", ".join(uid if uid.name == uid else f"{uid.name} ({uid})" for uid in sorted(uids))


def read_series(folder: Path) -> Series:
    """The headers of all DICOM files of a folder, in subfolders too. Raises OSError if a file cannot be read."""
    series = Series(folder)
    for parent, inner, names in os.walk(folder):
        inner[:] = [name for name in inner if not name.startswith(".")]  # dcm2niix leaves these out, too
        for path in sorted(Path(parent, name) for name in names if not name.startswith(".")):
            header = _read_header(path)
            if header is not None and _is_other(header):
                series.others.append(path)
            elif header is not None:
                series.images[path] = header
    if series.others:
        some = ", ".join(str(path.relative_to(folder)) for path in series.others[:3])
        log.info("%s: %d DICOM files without an image are ignored (%s)", folder, len(series.others), some)
    return series


def check_duplicates(series: Series) -> None:
    """ScanError that names two files with the same slice, also if one of them has other UIDs or another name.

    Number and position are compared beside SOPInstanceUID, because some programs write one UID into all files.
    """
    seen: dict[tuple, Path] = {}
    for path, header in series.images.items():
        values = tuple(str(_value(header, keyword)) for keyword in SAME_SLICE)
        uid = _value(header, "SOPInstanceUID")
        marks: list[tuple] = [("UID", str(uid), *values[-3:])] if uid else []
        marks += [values] if _value(header, "ImagePositionPatient") else []
        for mark in marks:
            other = seen.setdefault(mark, path)
            if other != path:
                first, second = (each.relative_to(series.folder) for each in (other, path))
                raise ScanError(f"{series.folder}: {first} and {second} hold the same slice; keep one of them")


def check_complete(series: Series) -> None:
    """ScanError if the scanner's own numbers say that slices of a volume are missing.

    The images must be those of one 3D volume with evenly spaced slices. It is refused where

    - an enhanced file has not as many frames as it announces,
    - an original (not derived) series has fewer slices than the scanner counted: NumberOfSlices (0054,0081), GE's
      (0021,104F), Philips' (2001,1018), those of Siemens' 3D slab, or ImagesInAcquisition (0020,1002) per temporal
      position; the latter also counts other echoes, so a whole multiple of the slices is only logged,
    - slices of an original series lie twice, three times, ... as far apart as SpacingBetweenSlices says, or where that
      is missing in a 3D acquisition, as SliceThickness says, and do not touch. Some 2D scans give the gap as spacing,
      which is allowed for,
    - instance numbers go up by a step above 1, and the distance of slices is that many times what it should be.

    Instance numbers alone prove nothing: they may start anywhere, run in either direction or in the order of
    acquisition, and skip the images of other echoes. A first number above 1 or a gap is logged.
    """
    slices = list(_slices(series))
    if len(slices) < 2:
        return
    first = slices[0]
    original = "DERIVED" not in map(str.upper, _texts(first, "ImageType", "FrameType"))
    if original:
        _check_count(series, len(slices))
    distance = _distance(slices)
    numbers = np.unique([_instance_number(each) for each in slices])  # sorted; NaN comes last
    steps = set(np.diff(numbers).tolist()) if len(numbers) == len(slices) and not np.isnan(numbers[-1]) else set()
    if distance:
        _check_distance(series.folder, first, distance, steps, original)
    if steps and (steps != {1} or numbers[0] > 1):
        log.warning(
            "%s: %d slices have instance numbers from %d to %d; check that the series is whole",
            *(series.folder, len(slices), numbers[0], numbers[-1]),
        )


def _read_header(path: Path) -> pydicom.Dataset | None:
    """All but the voxels; empty if the file is damaged, None if it is not DICOM."""
    with path.open("rb") as file:
        if file.read(132)[128:] != b"DICM":
            return None
    try:
        return pydicom.dcmread(path, stop_before_pixels=True)
    except OSError:
        raise
    except Exception:  # damaged files raise errors of many kinds
        return pydicom.Dataset()


def _is_other(header: pydicom.Dataset) -> bool:
    """Whether it is an object without an image, by its class, which a file that is cut short has as well."""
    kind = _meta_uid(header, "MediaStorageSOPClassUID")
    known = kind.type == "SOP Class" and "Image" not in kind.name
    return "Rows" not in header and (known or (kind != "" and kind.is_private))


def _meta_uid(header: pydicom.Dataset, keyword: str) -> UID:
    """A UID at the start of the file; empty if it is missing or damaged."""
    value = _value(getattr(header, "file_meta", pydicom.Dataset()), keyword)
    return UID(value if isinstance(value, str) else "")


def _slices(series: Series) -> Iterator[pydicom.Dataset]:
    """A flat header for each slice; the frames of an enhanced file become slices. None of a mosaic or the like."""
    for path, header in series.images.items():
        frames, announced = _value(header, "PerFrameFunctionalGroupsSequence"), _number(header, "NumberOfFrames", 1)
        if frames is None and announced <= 1:
            yield header
        if frames is not None and len(frames) != announced:
            raise ScanError(
                f"{series.folder}: {path.relative_to(series.folder)} describes {len(frames)} frames, but "
                f"NumberOfFrames is {announced:g}; fetch the series again"
            )
        for frame in frames or ():
            yield _flatten(header, frame)


def _flatten(header: pydicom.Dataset, frame: pydicom.Dataset) -> pydicom.Dataset:
    """What an enhanced file says of a frame, as the header of a slice; empty if it is damaged."""
    flat = pydicom.Dataset()
    try:
        for group in (*header.get("SharedFunctionalGroupsSequence", ()), frame):
            for element in group:
                if element.VR == "SQ" and element.value:
                    flat.update(element.value[0])
        flat.update({header[tag].tag: header[tag] for tag in ("MRAcquisitionType", "ImageType") if tag in header})
    except Exception:  # as in _value
        return pydicom.Dataset()
    return flat


def _check_count(series: Series, n_slices: int) -> None:
    header = next(iter(series.images.values()))
    counts = {"NumberOfSlices": _number(header, "NumberOfSlices"), "Siemens' images per slab": _images_per_slab(header)}
    for name, element in PRIVATE_COUNTS.items():
        counts[name] = _to_number(_private_value(header, *element))
    images = _number(header, "ImagesInAcquisition") / max(1, _number(header, "NumberOfTemporalPositions"))
    counts["ImagesInAcquisition"] = images if images % n_slices else 0
    for name, count in counts.items():
        if count > n_slices:
            raise ScanError(
                f"{series.folder}: {n_slices} slices, but {name} is {count:g}: slices are missing; "
                "fetch the series again"
            )
    if images > n_slices and n_slices not in counts.values():
        log.warning(
            "%s: %d slices, but ImagesInAcquisition is %g; check that the others are of other echoes",
            *(series.folder, n_slices, images),
        )


def _check_distance(folder: Path, header: pydicom.Dataset, distance: float, steps: set[float], original: bool) -> None:
    spacing, thickness = _number(header, "SpacingBetweenSlices"), _number(header, "SliceThickness")
    contiguous = "3D" in _texts(header, "MRAcquisitionType")
    unit, name = (spacing, "SpacingBetweenSlices") if spacing > 0 else (thickness, "SliceThickness")
    if unit <= 0:
        return
    expected = [unit] if contiguous else [spacing, thickness + spacing] if spacing > 0 else []
    times = distance / unit
    is_multiple = round(times) > 1 and abs(times - round(times)) <= TOLERANCE * times
    is_wider = distance > (1 + TOLERANCE) * max(thickness, *expected, 0)
    said = f"{folder}: slices lie {distance:.4g} mm apart, but {name} is {unit:g} mm"
    if original and expected and is_multiple and is_wider:
        raise ScanError(f"{said}: slices are missing; fetch the series again")
    (step,) = steps if len(steps) == 1 else (1,)
    share = distance / step  # the distance if each number had a slice; 2D slices may have gaps of any width
    fits = [abs(share - each) <= TOLERANCE * each for each in expected] or [share >= (1 - TOLERANCE) * thickness]
    if step > 1 and any(fits):
        raise ScanError(f"{said} and instance numbers go up by {step:g}: slices are missing; fetch the series again")


def _distance(slices: list[pydicom.Dataset]) -> float | None:
    """mm between neighbouring slices, or None if a position is unknown."""
    try:
        orientation = np.array(_value(slices[0], "ImageOrientationPatient"), dtype=float).reshape(2, 3)
        positions = np.array([_value(each, "ImagePositionPatient") for each in slices], dtype=float).reshape(-1, 3)
    except (TypeError, ValueError):
        return None
    distance = float(np.median(np.diff(np.sort(positions @ np.cross(*orientation)))))
    return distance if math.isfinite(distance) else None


def _instance_number(header: pydicom.Dataset) -> float:
    """NaN if it is unknown. An enhanced frame has its position in the stack instead."""
    return _number(header, "InStackPositionNumber") or _number(header, "InstanceNumber", missing=math.nan)


def _value(header: pydicom.Dataset, keyword: str) -> Any:
    """The value of an element, or None if it is missing or damaged."""
    try:
        return header[keyword].value
    except Exception:  # values are decoded here, with errors of many kinds
        return None


def _private_value(header: pydicom.Dataset, group: int, creator: str, element: int) -> Any:
    try:
        return header.private_block(group, creator)[element].value
    except Exception:  # as in _value
        return None


def _number(header: pydicom.Dataset, keyword: str, missing: float = 0.0) -> float:
    """The value of an element; `missing` where it is missing, empty or no finite number."""
    return _to_number(_value(header, keyword), missing)


def _to_number(value: Any, missing: float = 0.0) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return missing
    return number if math.isfinite(number) else missing


def _texts(header: pydicom.Dataset, *keywords: str) -> list[str]:
    """The values of the first element that is there."""
    for keyword in keywords:
        value = _value(header, keyword)
        if value:
            return [value] if isinstance(value, str) else [str(each) for each in value]
    return []


def _images_per_slab(header: pydicom.Dataset) -> float:
    """Slices of a 3D slab by Siemens' protocol, which stands as text in the CSA series header; 0 if unknown."""
    if "3D" not in _texts(header, "MRAcquisitionType"):
        return 0.0
    protocol = _private_value(header, *SIEMENS_PROTOCOL)
    if not isinstance(protocol, bytes):
        return 0.0
    slabs = re.search(rb"sSliceArray\.lSize\s*=\s*(\d+)", protocol)
    found = re.search(rb"sKSpace\.lImagesPerSlab\s*=\s*(\d+)", protocol)
    return float(found[1]) if found and (not slabs or int(slabs[1]) == 1) else 0.0
