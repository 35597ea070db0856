"""Work on one scan in a folder of its own, where a fault of the machine is told from one of the scan.

ANTs does not say why it fails, often nothing but "error code 1"; it does not notice that a disk is full, and reads a
warp that was cut short without a word.
"""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from relmaps.io.errors import MachineError, ScanError, UserError
from relmaps.io.files import scratch_folder
from relmaps.io.images import is_whole
from relmaps.io.machine import RESUME, SPACE, find_fault, probe

log = logging.getLogger("relmaps")
Result = TypeVar("Result")

# No scan has ever caused them: they are defects of ours, or a library that could not be loaded.
DEFECTS = (ImportError, NameError, AttributeError, TypeError, KeyError)
# Whatever they stand for in ANTs' arguments and file name patterns; it takes each path with .mat for an affine's.
NOT_IN_A_PATH = (",", "[", "]", "%", ".mat")
ATTEMPTS = 2


def work_on(path: str | Path, work: Callable[[Path], Result]) -> Result:
    """Do work on a scan in an empty scratch folder.

    What fails without a reason is done a second time: a fault of the scan comes back, ANTs being deterministic.

    Parameters
    ----------
    path : path
        The scan's file, which messages name.
    work : callable
        Gets the folder; must give the same each time.

    Raises
    ------
    ScanError
        If the scan is at fault: `work` says so, or fails twice on a machine that lacks nothing.
    MachineError
        If space, memory, threads or files end, or the folder has a name that ANTs cannot take.
    """
    failure = None
    for attempt in range(1, ATTEMPTS + 1):
        with scratch_folder() as folder:
            _check_name(folder)
            try:
                result = work(folder)
            except ScanError as error:
                _check_files(folder)
                raise ScanError(f"{path}: {error}") from None
            except (*DEFECTS, UserError, MemoryError, OSError) as error:
                _raise_fault(error, path, folder)
                raise
            except Exception as error:  # ANTs, torch: anything from an odd header to a full disk
                log.exception("%s: attempt %d of %d", path, attempt, ATTEMPTS)
                _raise_fault(error, path, folder)
                _check_files(folder)
                probe(folder, path)
                failure = str(error).replace(str(folder), "TMPDIR")[:300]
            else:
                _check_files(folder)
                return result
    raise ScanError(f"{path}: ANTs failed twice ({failure}); look at the scan")


def _check_name(folder: Path) -> None:
    for part in NOT_IN_A_PATH:
        if part in str(folder):
            found = f"ANTs cannot work in a folder with {part} in its name"
            raise MachineError(f"TMPDIR {folder.parent}: {found}; set TMPDIR to another folder")


def _raise_fault(error: Exception, path: str | Path, folder: Path) -> None:
    """Raise MachineError if the error says what the machine lacks; all that is written is written to the folder."""
    fault = find_fault(error)
    if fault is not None:
        raise MachineError(f"{folder.parent if fault == SPACE else path}: {fault}") from error


def _check_files(folder: Path) -> None:
    """Raise MachineError if one of the files was cut short."""
    for file in sorted(folder.rglob("*")):
        if file.is_file() and not is_whole(file):
            remedy = f"free some space there or set TMPDIR to another folder, {RESUME}"
            raise MachineError(f"{folder.parent}: a temporary file was cut short ({file.name}); {remedy}")
