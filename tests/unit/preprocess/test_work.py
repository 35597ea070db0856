"""ANTs that fails, played by functions, on a machine that lacks something or nothing."""

import errno
import gzip
import os
import tempfile

import nibabel as nib
import numpy as np
import pytest

from relmaps.io import machine
from relmaps.io.errors import MachineError, ScanError
from relmaps.io.machine import MEMORY, SPACE, THREADS
from relmaps.preprocess import work
from relmaps.preprocess.work import work_on

pytestmark = pytest.mark.fault

CUT = "a temporary file was cut short ({}); free some space there or set TMPDIR to another folder, then go on with make"


@pytest.fixture(autouse=True)
def temporary(tmp_path, monkeypatch):
    """The folder around scratch folders."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def warp(rng) -> nib.Nifti1Image:
    return nib.Nifti1Image(rng.random((7, 9, 8, 1, 3)).astype(np.float32), np.diag([2.0, 3, 4, 1]))


def failing(*errors):
    """Work that raises the errors, one a call, and then gives its number; and the numbers of its calls."""
    calls = []

    def run(folder):
        assert list(folder.iterdir()) == []
        (folder / "0GenericAffine.mat").write_bytes(b"whole")
        calls.append(len(calls) + 1)
        if len(calls) <= len(errors):
            raise errors[len(calls) - 1]
        return calls[-1]

    return run, calls


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (RuntimeError("itk::MemoryAllocationError: Failed to allocate memory for image."), f"scan.nii: {MEMORY}"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 b"), f"scan.nii: {MEMORY}"),
        (MemoryError(), f"scan.nii: {MEMORY}"),
        (RuntimeError("Resource temporarily unavailable"), f"scan.nii: {THREADS}"),
        (ImportError("libtorch.so: failed to map segment: Cannot allocate memory"), f"scan.nii: {MEMORY}"),
        (OSError(errno.ENOSPC, "No space left on device"), f"{{tmp}}: {SPACE}"),
        (Exception("ITK ERROR: No space left on device"), f"{{tmp}}: {SPACE}"),
    ],
)
def test_an_error_that_says_so_is_the_machine_s_fault(error, fault, temporary):
    run, calls = failing(error)
    with pytest.raises(MachineError) as raised:
        work_on("scan.nii", run)
    assert str(raised.value) == fault.format(tmp=temporary)
    assert calls == [1]


def test_what_fails_twice_on_a_machine_that_lacks_nothing_is_the_scan_s_fault():
    run, calls = failing(*[RuntimeError("itkFoo.hxx:12:\nITK ERROR: Filter(0x5647e2ce4980): no overlap")] * 2)
    with pytest.raises(ScanError) as raised:
        work_on("scan.nii", run)
    assert str(raised.value) == (
        "scan.nii: ANTs failed twice (itkFoo.hxx:12: ITK ERROR: Filter: no overlap); look at the scan"
    )
    assert calls == [1, 2]


def test_what_succeeds_at_the_second_time_is_taken():
    """As after a moment without threads, which ANTs reports as error code 1."""
    run, _ = failing(RuntimeError("Registration failed with error code 1"))
    assert work_on("scan.nii", run) == 2


def test_a_reason_does_not_name_the_scratch_folder():
    def run(folder):
        raise RuntimeError(f"{folder}/image.nii is odd")

    with pytest.raises(ScanError, match=r"ANTs failed twice \(TMPDIR/image.nii is odd\)"):
        work_on("scan.nii", run)


def test_a_scan_error_of_ours_names_the_file_and_is_not_tried_again():
    run, calls = failing(ScanError("no brain; look at the scan"))
    with pytest.raises(ScanError, match=r"^scan\.nii: no brain; look at the scan$"):
        work_on("scan.nii", run)
    assert calls == [1]


@pytest.mark.parametrize("error", [TypeError, AttributeError, KeyError, ImportError, FileNotFoundError])
def test_a_defect_of_ours_is_not_blamed_on_the_scan(error):
    run, _ = failing(error("x"))
    with pytest.raises(error):
        work_on("scan.nii", run)


@pytest.mark.parametrize(
    ("call", "number", "line"),
    [
        ((machine.os, "posix_fallocate"), errno.ENOSPC, f"{{temporary}}: {SPACE}"),
        ((machine.mmap, "mmap"), errno.ENOMEM, f"scan.nii: {MEMORY}"),
    ],
    ids=["space", "memory"],
)
def test_without_a_reason_the_machine_is_probed(call, number, line, monkeypatch, temporary):
    def none(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(*call, none)
    run, calls = failing(RuntimeError("Registration failed with error code 1"))
    with pytest.raises(MachineError) as raised:
        work_on("scan.nii", run)
    assert str(raised.value) == line.format(temporary=temporary)
    assert calls == [1]


@pytest.mark.parametrize("name", ["1Warp.nii.gz", "image.nii", "0GenericAffine.mat"])
@pytest.mark.parametrize("end", ["returns", "plain error", "scan error"])
def test_files_cut_short_are_the_machine_s_fault_however_the_work_ends(name, end, warp, temporary):
    """ANTs reads a warp that was cut short as if it were whole, and finds, say, no brain."""

    def run(folder):
        (folder / "deep").mkdir()
        content = {".gz": gzip.compress(warp.to_bytes()), ".nii": warp.to_bytes(), ".mat": b""}
        (folder / "deep" / name).write_bytes(content[(folder / name).suffix][:-100])
        if end == "plain error":
            raise RuntimeError("antsApplyTransforms returned non-zero exit code 1")
        if end == "scan error":
            raise ScanError("no brain was found at the template's place")

    with pytest.raises(MachineError) as raised:
        work_on("scan.nii", run)
    assert str(raised.value) == f"{temporary}: {CUT.format(name)} resume"


def test_whole_files_pass(warp):
    def run(folder):
        nib.save(warp, folder / "1Warp.nii.gz")
        nib.save(warp, folder / "prior01.nii")
        return "done"

    assert work_on("scan.nii", run) == "done"


@pytest.mark.parametrize(("name", "part"), [("a,b", ","), ("a[b", "["), ("50%", "%"), ("x.mat", ".mat")])
def test_a_folder_that_ants_cannot_work_in_is_named(name, part, tmp_path, monkeypatch):
    (tmp_path / name).mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / name))
    with pytest.raises(MachineError) as raised:
        work_on("scan.nii", lambda folder: None)
    assert str(raised.value) == (
        f"TMPDIR {tmp_path / name}: ANTs cannot work in a folder with {part} in its name; set TMPDIR to another folder"
    )


def test_the_folder_is_removed_whatever_happens(temporary):
    run, _ = failing(*[RuntimeError("odd")] * 2)
    with pytest.raises(ScanError):
        work_on("scan.nii", run)
    assert list(temporary.iterdir()) == []
    assert work.ATTEMPTS == 2
