"""Files that are either whole or not there."""

import errno
import glob
import hashlib
import json
import os
import platform
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from relmaps.io.errors import MachineError, UserError
from relmaps.io.machine import RESUME, SPACE, find_fault

FETCH = "fetch it (`datalad get`, `git annex get`, `git lfs pull`)"
NOT_ALLOWED = {errno.EACCES, errno.EPERM, errno.EROFS}


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Yield a temporary name beside `path`; rename it to `path` once the block has succeeded.

    A killed job may go on writing for a while, and must not leave half a file under the final name. The temporary
    name keeps the suffixes, because nibabel and matplotlib choose the format by them. What a killed process has left of
    the same file is removed. Raises MachineError that names the file if the disk is full or fails, UserError if the
    folder may not be written to.
    """
    path = Path(path)
    temporary = path.with_name(f".writing-{os.getpid()}-{path.name}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        for left in path.parent.glob(f".writing-*-{glob.escape(path.name)}"):
            if not is_running(left.name.split("-")[1]):
                left.unlink(missing_ok=True)
        yield temporary
        with open(temporary, "rb") as file:  # on the disk before the name says so, also after a power cut
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except UserError:
        raise
    except Exception as error:
        written = map(str, (path, temporary, *path.parents))
        if isinstance(error, OSError) and error.errno in NOT_ALLOWED and str(error.filename) in written:
            remedy = "check the permissions of its folder"
            raise UserError(f"{path}: cannot be written ({error.strerror}); {remedy}") from None
        # A library may not say why it could not write.
        fault = find_fault(error) or (SPACE if _is_full(path.parent) else None)
        if fault is not None:
            raise MachineError(f"{path}: not written, {fault}") from None
        raise
    finally:
        with suppress(PermissionError):  # of a folder that is closed, as the error says
            temporary.unlink(missing_ok=True)


def _is_full(folder: Path) -> bool:
    return folder.is_dir() and shutil.disk_usage(folder).free < 4096


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """An empty folder that takes all temporary files of the block, and is removed with them.

    Those of killed processes are removed, too; their number stands in the name. Raises MachineError if none can be
    made.
    """
    before, host = tempfile.tempdir, platform.node()
    try:
        around = Path(tempfile.gettempdir())
        made = tempfile.TemporaryDirectory(prefix=f"relmaps-{host}-{os.getpid()}-")
    except OSError as error:
        remedy = f"free some space or set TMPDIR to another folder, {RESUME}"
        raise MachineError(f"no folder for temporary files can be made ({error.strerror}); {remedy}") from None
    for left in around.glob(f"relmaps-{glob.escape(host)}-*"):
        if not is_running(left.name.removeprefix(f"relmaps-{host}-").split("-")[0]):
            shutil.rmtree(left, ignore_errors=True)
    with made as folder:
        tempfile.tempdir = folder
        try:
            yield Path(folder)
        finally:
            tempfile.tempdir = before


def is_running(process: str) -> bool:
    """Whether a process of this machine has the number, given as text; true for what is no number."""
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return False
    except (ValueError, OverflowError, PermissionError):
        pass
    return True


def explain_missing(path: str | Path, what: str = "file", remedy: str = "check the path") -> str:
    """Why there is nothing at a path, and what to do: "no such file; check the path", or that a link leads nowhere."""
    names = (Path(path), *Path(path).parents)
    link = next((at for at in names if os.path.islink(at) and not os.path.exists(at)), None)
    if link is None:
        return f"no such {what}; {remedy}"
    at = "the link" if link == Path(path) else f"the link {link}"
    return f"{at} leads nowhere; {FETCH}"


def write_text(text: str, path: str | Path) -> None:
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(content: dict, path: str | Path) -> None:
    write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", path)


def read_json(path: str | Path) -> dict:
    return json.loads(Path(path).read_text(encoding="utf-8"))


def hash_file(path: str | Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fingerprint(*parts: object) -> str:
    """Hash of plain values (JSON), to tell whether a result was made from the same things."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()[:16]
