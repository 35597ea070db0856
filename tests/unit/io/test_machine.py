"""Each kind of fault of the machine, as the system, Python and libraries report it."""

import errno
import os
import resource
import threading

import pytest
import torch

from relmaps.io import machine
from relmaps.io.errors import MachineError, UserError
from relmaps.io.machine import FILES, MEMORY, SIZE, SPACE, THREADS, find_fault, find_fault_in, probe, raise_fault

pytestmark = pytest.mark.fault


def numbered(number: int) -> OSError:
    return OSError(number, os.strerror(number))


TORCH = (
    "[enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to allocate"
)
TORCHSCRIPT = f"The following operation failed in the TorchScript interpreter.\nRuntimeError: {TORCH} 9 bytes."


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (numbered(errno.ENOSPC), SPACE),
        (numbered(errno.EDQUOT), SPACE),
        (RuntimeError("ITK ERROR: cannot write: No space left on device"), SPACE),
        (numbered(errno.EFBIG), SIZE),
        (numbered(errno.ENOMEM), MEMORY),
        (MemoryError(), MEMORY),
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"), MEMORY),
        (RuntimeError(f"{TORCH} 28311552 bytes. Error code 12 (Cannot allocate memory)"), MEMORY),
        (RuntimeError(TORCHSCRIPT), MEMORY),
        (RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling cublasCreate"), MEMORY),
        (RuntimeError("itk::MemoryAllocationError: Failed to allocate memory for image."), MEMORY),
        (RuntimeError("std::bad_alloc"), MEMORY),
        (RuntimeError("can't start new thread"), THREADS),
        (RuntimeError("Resource temporarily unavailable"), THREADS),  # std::system_error of ITK's pool of threads
        (BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable"), THREADS),
        (numbered(errno.EMFILE), FILES),
        (numbered(errno.ENFILE), FILES),
        (ImportError("libtorch_cpu.so: cannot open shared object file: Too many open files"), FILES),
    ],
)
def test_what_the_machine_lacks_is_found(error, fault):
    assert find_fault(error) == fault


@pytest.mark.parametrize("number", [errno.EIO, errno.ESTALE, errno.ENOTCONN])
def test_a_drive_that_fails_is_the_machine_s_fault_whatever_becomes_of_the_file(number):
    with pytest.raises(MachineError) as error:
        raise_fault(numbered(number), "/data/sub-01_T1w.nii.gz")
    assert str(error.value) == (
        f"/data/sub-01_T1w.nii.gz: its drive failed ({os.strerror(number)}); check the drive or its mount, restore the "
        "file if it alone cannot be read, then go on with make resume"
    )
    assert isinstance(error.value, UserError)


@pytest.mark.parametrize(
    "error",
    [
        FileNotFoundError(errno.ENOENT, "No such file or directory"),
        PermissionError(errno.EACCES, "Permission denied"),
        OSError("Not a gzipped file (b'no')"),
        EOFError("Compressed file ended before the end-of-stream marker was reached"),
        RuntimeError("Registration failed with error code 1"),
        ValueError("zip() argument 2 is shorter than argument 1"),
    ],
)
def test_other_faults_are_not_the_machine_s(error):
    assert find_fault(error) is None
    raise_fault(error, "scan.nii.gz")


def test_words_of_a_program_are_searched():
    assert find_fault_in("Convert 40 DICOM\nError: Unable to write scan.nii (disk full?)") == SPACE
    assert find_fault_in("Warning: odd") is None


def test_a_machine_that_lacks_nothing_passes_the_probe_and_nothing_of_it_is_left(tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep/warp.nii.gz").write_bytes(b"x" * 9)
    probe(tmp_path, "scan.nii.gz")
    assert [path.name for path in tmp_path.iterdir()] == ["deep"]


def test_the_probe_is_as_large_as_the_largest_file(tmp_path, monkeypatch):
    (tmp_path / "deep").mkdir()
    with open(tmp_path / "deep/warp.nii", "wb") as file:
        file.truncate(3_000_000)
    wanted = []
    monkeypatch.setattr(machine.os, "posix_fallocate", lambda file, start, size: wanted.append(size))
    probe(tmp_path, "scan.nii.gz")
    assert wanted == [3_000_000]


def test_a_full_disk_is_named_by_its_folder(tmp_path, monkeypatch):
    def full(*_):
        raise numbered(errno.ENOSPC)

    monkeypatch.setattr(machine.os, "posix_fallocate", full)
    (tmp_path / "scratch").mkdir()
    with pytest.raises(MachineError) as error:
        probe(tmp_path / "scratch", "scan.nii.gz")
    assert str(error.value) == f"{tmp_path}: {SPACE}"


def test_no_memory_and_no_thread_are_found_by_the_probe(tmp_path, monkeypatch):
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    with open("/proc/self/statm", encoding="ascii") as file:
        used = int(file.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + machine.PROBE_MEMORY // 2, hard))
    try:
        with pytest.raises(MachineError, match=r"^scan\.nii\.gz: memory ran out"):
            probe(tmp_path, "scan.nii.gz")
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))

    def none_left(_):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", none_left)
    with pytest.raises(MachineError, match=r"^scan\.nii\.gz: no further thread or process can be started"):
        probe(tmp_path, "scan.nii.gz")
