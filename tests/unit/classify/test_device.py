import logging
import select
import subprocess
import sys
import tempfile

import pytest
import torch

from relmaps import ROOT
from relmaps.classify.device import _choose, open_device, take_slot
from relmaps.io.errors import UserError

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("setting", "gpus", "visible", "expected"),
    [
        ("auto", 1, True, "cuda"),
        ("auto", 0, True, "cpu"),
        ("auto", 1, False, "cpu"),
        ("cpu", 1, True, "cpu"),
        ("cuda", 0, True, "cuda"),
    ],
)
def test_choice_of_the_device(setting, gpus, visible, expected):
    assert _choose(setting, gpus, visible).type == expected


def test_reason_for_the_cpu_is_logged(caplog):
    with caplog.at_level(logging.INFO, logger="relmaps"):
        _choose("auto", 0, True)
        _choose("auto", 1, False)
    assert "the job has no GPU" in caplog.text
    assert "torch finds no GPU" in caplog.text


def test_cuda_without_a_gpu_is_refused():
    with pytest.raises(UserError, match="device: cuda"):
        _choose("cuda", 1, False)


def test_cpu_is_opened_deterministic_with_the_configured_threads():
    open_device("cpu", 0, 1)
    assert torch.get_num_threads() == 1
    assert torch.are_deterministic_algorithms_enabled()
    assert not torch.is_deterministic_algorithms_warn_only_enabled()


def test_a_gpu_takes_as_many_jobs_as_allowed_and_the_next_one_waits(tmp_path, monkeypatch):
    """Locks are released with the process that holds them, also when it is killed."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    hold = "import sys, time; from relmaps.classify.device import take_slot; import tempfile; "
    hold += f"tempfile.tempdir = {str(tmp_path)!r}; print(take_slot(['a', 'b'], 1, 0.05), flush=True); time.sleep(60)"
    jobs = [subprocess.Popen([sys.executable, "-c", hold], cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in "12"]
    try:
        assert sorted(job.stdout.readline().strip() for job in jobs) == ["0", "1"]
        third = subprocess.Popen([sys.executable, "-c", hold], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        jobs.append(third)
        assert not select.select([third.stdout], [], [], 3)[0]
        jobs[0].kill()
        assert third.stdout.readline().strip() in ("0", "1")
        assert take_slot(["a", "b"], 2) in (0, 1)  # a second place on each
    finally:
        for job in jobs:
            job.kill()
            job.wait()
