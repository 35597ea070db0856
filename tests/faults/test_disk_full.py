"""A study on a disk that is too small says so in one line, and goes on where it stopped once there is space."""

import tempfile

import nibabel as nib
import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from relmaps.cohort.dicom import convert
from relmaps.io.errors import MachineError, UserError
from relmaps.io.files import replacing, write_text
from relmaps.io.images import save
from relmaps.io.memmap import new_array
from tests.dicom_series import Series
from tests.small_disk import enlarge, small_disk_at
from tests.studies import SMOKE, finish, run

pytestmark = [pytest.mark.slow, pytest.mark.fault]

MESSAGE = "not written, no space is left on the disk; free some space, then go on with make resume"


@pytest.fixture
def small_disk(tmp_path):
    with small_disk_at(tmp_path / "disk", "256k") as folder:
        yield folder


def write_array(path):
    with replacing(path) as temporary:
        new_array(temporary, (1000, 1000), np.float32)[:] = 1


def write_weights(path):
    with replacing(path) as temporary:
        save_file({"layer": torch.ones(1000, 1000)}, temporary)


def write_plain_array(path):
    with replacing(path) as temporary, open(temporary, "wb") as file:
        np.save(file, np.ones((1000, 1000)))


WRITERS = {
    "text": lambda path: write_text("x" * 1_000_000, path),
    "image.nii": lambda path: save(nib.Nifti1Image(np.ones((99, 99, 99), np.float32), np.eye(4)), path),
    "mapped.npy": write_array,
    "array.npy": write_plain_array,
    "weights.safetensors": write_weights,
}


@pytest.mark.parametrize("name", WRITERS)
def test_a_file_that_does_not_fit_is_named_and_nothing_of_it_is_left(small_disk, name):
    with pytest.raises(UserError, match=MESSAGE) as error:
        WRITERS[name](small_disk / name)
    assert str(error.value).startswith(f"{small_disk / name}: ")
    assert list(small_disk.iterdir()) == []


def test_a_series_is_not_taken_for_damaged_where_temporary_files_have_no_space(small_disk, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(small_disk))
    Series.random((40, 64, 64)).write(tmp_path / "series")
    with pytest.raises(MachineError, match=f"^{small_disk}: no space is left on the disk"):
        convert(tmp_path / "series", tmp_path / "scan.nii.gz")
    enlarge(small_disk, "50m")
    convert(tmp_path / "series", tmp_path / "scan.nii.gz")


def test_a_study_on_a_full_disk_stops_with_one_line_and_goes_on_with_more_space(small_disk, tmp_path):
    (tmp_path / "results").mkdir()
    (tmp_path / "results/smoke").symlink_to(small_disk)
    (tmp_path / "fewer.yaml").write_text("simulation: {n_scans: 4, scans_per_job: 2}\n")
    arguments = (*SMOKE, tmp_path / "fewer.yaml", "--", "results/smoke/cohort/simulated/batch-1.tsv")
    stopped = run(tmp_path, *arguments)
    assert stopped.returncode != 0
    (line,) = [line for line in stopped.stderr.splitlines() if line.startswith("relmaps: ")]
    assert line.endswith(MESSAGE)
    assert "Traceback" not in stopped.stderr
    assert not list(small_disk.rglob(".writing-*"))
    enlarge(small_disk, "50m")
    finish(tmp_path, *arguments)
    assert len(list(small_disk.glob("cohort/bids/sub-*/anat/*.nii.gz"))) == 2
