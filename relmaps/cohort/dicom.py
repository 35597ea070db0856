"""A DICOM series to one NIfTI volume, by dcm2niix."""

import gzip
import hashlib
import os
import re
import signal
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import cast

import dcm2niix
import nibabel as nib

from relmaps.cohort.dicom_series import Series, check_complete, check_duplicates, read_series
from relmaps.io.errors import MachineError, ScanError
from relmaps.io.files import hash_file, replacing, scratch_folder
from relmaps.io.images import is_whole
from relmaps.io.machine import RESUME, SPACE, find_fault_in, probe

# In order: ignore the user's own defaults; no compression, which is done here without a time stamp; no sidecar; neither
# crop nor rotate; keep derived images, as corrected ones are; do not stack what differs in echo; search subfolders.
OPTIONS = ("-g", "i", "-z", "n", "-b", "n", "-x", "i", "-i", "n", "-m", "n", "-d", "9", "-f", "scan")
VERSION = version("dcm2niix")
TIMEOUT_S = 900
NO_DICOM = 2  # dcm2niix's exit status
# The output folder cannot be written; dcm2niix or its libraries cannot be loaded; the process was killed.
MACHINE_FAULTS = (6, 7, 126, 127, -signal.SIGKILL, -signal.SIGTERM, -signal.SIGBUS, -signal.SIGXFSZ)
NO_MAGNITUDE = re.compile(r"_(ph|real|imaginary|Eq|Tilt)(_|\d|\Z)")


def convert(folder: str | Path, target: str | Path) -> None:
    """Write the one 3D volume of a series to `target` (.nii or .nii.gz), in the voxel order and units of the scanner.

    folder : holds the files of one series, in subfolders too; reports and the like among them are ignored. Raises
    ScanError with the reason if there is no volume, or more than one, or one that is 4D, short of slices or has a slice
    twice; MachineError if the machine is at fault and not the series.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise ScanError(f"{folder}: no such folder; check the path")
    with scratch_folder() as scratch:
        content = _only_volume(folder, scratch).read_bytes()
    with replacing(target) as temporary:
        temporary.write_bytes(gzip.compress(content, 1, mtime=0) if str(target).endswith(".gz") else content)


def hash_of_series(folder: str | Path) -> str:
    """SHA-256 over the hashes of a folder's files, in subfolders too; what they are called does not count.

    Raises OSError if a file cannot be read or there is none.
    """
    paths = [Path(parent, name) for parent, _, names in os.walk(folder, onerror=_raise) for name in names]
    if not paths:
        raise FileNotFoundError(2, "no files in it", str(folder))
    return hashlib.sha256("".join(sorted(map(hash_file, paths))).encode()).hexdigest()


def _raise(error: OSError) -> None:
    raise error


def _only_volume(folder: Path, scratch: Path) -> Path:
    """The NIfTI file that dcm2niix makes of the series in `scratch`."""
    series = read_series(folder)
    check_duplicates(series)
    status, output = _run_dcm2niix(folder, scratch)
    syntaxes = series.other_transfer_syntaxes()
    if status == NO_DICOM and not series.images:
        raise ScanError(f"{folder}: no DICOM image in it; check the path")
    if status != 0 and syntaxes:
        failed = "cannot read" if status == NO_DICOM else f"failed ({_complaint(output)}) on"
        remedy = "decompress each file, such as with gdcmconv --raw IN OUT or, for JPEG, dcmdjpeg IN OUT"
        raise ScanError(f"{folder}: dcm2niix {failed} transfer syntax {syntaxes}; {remedy}")
    if "Interslice distance varies" in output:
        raise ScanError(f"{folder}: slices are missing or unevenly spaced; fetch the series again")
    if status != 0:
        raise ScanError(f"{folder}: dcm2niix failed ({_complaint(output)}); look at the files")
    volumes = sorted(scratch.glob("*.nii"))
    if not volumes:
        raise ScanError(f"{folder}: dcm2niix made no image of it ({_complaint(output)}); look at the files")
    if len(volumes) > 1:
        raise ScanError(f"{folder}: {len(volumes)} images in it; give each series a folder of its own")
    if NO_MAGNITUDE.search(volumes[0].stem):
        raise ScanError(f"{folder}: not a plain magnitude image ({volumes[0].stem}); give the T1-weighted series")
    found, converted = _counts(output, series)
    if found != converted:
        remedy = f"decompress those of transfer syntax {syntaxes}, or " if syntaxes else ""
        raise ScanError(
            f"{folder}: only {converted} of {found} DICOM files can be read; {remedy}fetch the series again"
        )
    image = cast(nib.Nifti1Image, nib.load(volumes[0]))
    shape = image.shape  # the voxels pass the gate of every raw scan when they are preprocessed
    if len(shape) != 3 or min(shape) < 2:
        raise ScanError(f"{folder}: shape {shape} is not a 3D volume; give one T1-weighted volume per folder")
    check_complete(series)
    return volumes[0]


def _run_dcm2niix(folder: Path, scratch: Path) -> tuple[int, str]:
    """Exit status and all messages. It runs within the folder, because it does not take long paths.

    Raises MachineError if the machine is at fault and not the series.
    """
    command = [dcm2niix.bin, *OPTIONS, "-o", str(scratch), "."]
    try:
        run = subprocess.run(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ScanError(f"{folder}: dcm2niix was not done in {TIMEOUT_S} s; look at the files") from None
    output = run.stdout.decode(errors="replace")
    fault = find_fault_in(output) if run.returncode else None
    if run.returncode in MACHINE_FAULTS and not fault:
        fault = f"dcm2niix ended with status {run.returncode}, {_complaint(output)}; look at the machine, {RESUME}"
    if fault:
        raise MachineError(f"{scratch.parent if fault == SPACE else folder}: {fault}")
    if run.returncode:
        probe(scratch, folder)
    for file in scratch.glob("*.nii"):
        if not is_whole(file):
            raise MachineError(f"{scratch.parent}: a temporary file was cut short; free some space there, {RESUME}")
    return run.returncode, output


def _complaint(output: str) -> str:
    """dcm2niix's last warning or error, or else its last line."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return ([line for line in lines if re.match("Warning|Error", line)] or lines or ["no message"])[-1]


def _counts(output: str, series: Series) -> tuple[int, int]:
    """How many DICOM images there are, and of how many the volume was made."""
    found, converted = (re.findall(rf"^{verb} (\d+) DICOM", output, re.MULTILINE) for verb in ("Found", "Convert"))
    # A file whose first bytes are damaged is not DICOM to dcm2niix, and its slice would be missing without a word.
    named = [path for path in series.folder.rglob("[!.]*") if path.suffix.lower() in (".dcm", ".ima")]
    images = len(set(named).union(series.images) - set(series.others))
    return max([images, *(int(number) - len(series.others) for number in found)]), sum(map(int, converted))
