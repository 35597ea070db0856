"""Faults of the machine (space, memory, threads, open files, a drive), told from faults of the data.

A scan that is taken for damaged is excluded for good, while a job that fails is repeated by `resume`. So what may be
the machine's fault is taken for it.
"""

import errno
import mmap
import os
import tempfile
import threading
from pathlib import Path

from relmaps.io.errors import MachineError

RESUME = "then go on with make resume"
SPACE = f"no space is left on the disk; free some space, {RESUME}"
SIZE = f"a file may not become as large; raise `ulimit -f`, {RESUME}"
MEMORY = f"memory ran out; run fewer jobs at once or allow each more memory, {RESUME}"
THREADS = f"no further thread or process can be started; run fewer jobs at once or raise `ulimit -u` and `-v`, {RESUME}"
FILES = f"too many files are open; raise `ulimit -n`, {RESUME}"
# A sector that is damaged for good looks the same as a cable that is loose, so the remedy names both.
DRIVE = f"its drive failed ({{}}); check the drive or its mount, restore the file if it alone cannot be read, {RESUME}"

OF_NUMBER = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT), SPACE),
    errno.EFBIG: SIZE,
    errno.ENOMEM: MEMORY,
    errno.EAGAIN: THREADS,
    **dict.fromkeys((errno.EMFILE, errno.ENFILE), FILES),
}
OF_DRIVE = {
    *(errno.EIO, errno.ESTALE, errno.ENOTCONN, errno.ENODEV, errno.ENXIO, errno.EREMOTEIO, errno.ETIMEDOUT),
    *(errno.EHOSTDOWN, errno.EHOSTUNREACH, errno.ENETDOWN, errno.ENETUNREACH, errno.ECONNRESET),
}
# What libraries without error numbers write: the system's own words first, then those of torch, CUDA, ITK and C++.
OUT_OF_MEMORY = (
    os.strerror(errno.ENOMEM),
    "can't allocate memory",
    "not enough memory",
    "out of memory",
    "Failed to allocate memory",
    "Unable to allocate",
    "bad_alloc",
    "ALLOC_FAILED",
)
OF_WORDS = {
    **dict.fromkeys(OUT_OF_MEMORY, MEMORY),
    **dict.fromkeys((os.strerror(errno.ENOSPC), os.strerror(errno.EDQUOT), "disk full"), SPACE),
    os.strerror(errno.EFBIG): SIZE,
    **dict.fromkeys((os.strerror(errno.EAGAIN), "can't start new thread", "Unable to create a thread"), THREADS),
    **dict.fromkeys((os.strerror(errno.EMFILE), os.strerror(errno.ENFILE)), FILES),
    **{os.strerror(number): DRIVE.format(os.strerror(number)) for number in (errno.EIO, errno.ESTALE, errno.ENOTCONN)},
}

PROBE_BYTES = 1_000_000
PROBE_MEMORY = 512 * 1024**2  # a sixth of what a job on scans asks for


def find_fault(error: BaseException) -> str | None:
    """What the machine lacks and the remedy, or None where an error does not say that it is the machine's fault."""
    if isinstance(error, MemoryError):
        return MEMORY
    number = error.errno if isinstance(error, OSError) else None
    if number in OF_DRIVE:
        return DRIVE.format(os.strerror(number))
    return OF_NUMBER.get(number) if number else find_fault_in(str(error))


def find_fault_in(words: str) -> str | None:
    """The same for the messages of a program or library."""
    return next((fault for phrase, fault in OF_WORDS.items() if phrase in words), None)


def is_out_of_memory(error: BaseException) -> bool:
    return find_fault(error) == MEMORY


def raise_fault(error: BaseException, path: str | Path) -> None:
    """Raise MachineError that names the file if an error is the machine's fault; else nothing."""
    fault = find_fault(error)
    if fault is not None:
        raise MachineError(f"{path}: {fault}") from error


def probe(folder: Path, subject: str | Path) -> None:
    """Raise MachineError if a scratch folder takes no further file, or no more memory or thread can be had.

    For programs that fail without saying why. The file is as large as the largest one in the folder. subject : file
    that was worked on.
    """
    try:
        sizes = [path.stat().st_size for path in folder.rglob("*") if path.is_file()]
        with tempfile.NamedTemporaryFile(dir=folder) as file:
            os.posix_fallocate(file.fileno(), 0, max(PROBE_BYTES, *sizes, 0))
    except OSError as error:
        raise_fault(error, folder.parent)
        raise
    try:
        mmap.mmap(-1, PROBE_MEMORY).close()
        thread = threading.Thread(target=int)
        thread.start()
        thread.join()
    except (OSError, RuntimeError) as error:
        raise_fault(error, subject)
        raise
