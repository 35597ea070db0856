import logging
import platform
import select
import subprocess
import sys
import tempfile
import warnings

import pytest
import torch

from relmaps import ROOT
from relmaps.classify.device import GRANTS, _choose, find_gpus, open_device, runs_on, take_slot
from relmaps.io.environment import SUBMITTED
from relmaps.io.errors import UserError

pytestmark = pytest.mark.fault

ARCHITECTURES = ["sm_75", "sm_80", "sm_86", "sm_90", "sm_120", "compute_120"]


@pytest.fixture(autouse=True)
def no_scheduler(monkeypatch):
    """The environment of a laptop, also where these tests run inside a job."""
    for name in (*GRANTS, SUBMITTED):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def machine(monkeypatch):
    """A stand-in for torch.cuda. capabilities : one for each GPU that torch sees."""

    def pretend(*capabilities, built=True, warning=None):
        def is_available():
            if warning:
                warnings.warn(warning, UserWarning, stacklevel=1)
            return bool(capabilities)

        monkeypatch.setattr(torch.cuda, "is_available", is_available)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: len(capabilities))
        monkeypatch.setattr(torch.cuda, "get_device_capability", lambda index: capabilities[index])
        monkeypatch.setattr(torch.cuda, "get_device_name", lambda index: f"GPU {index}")
        monkeypatch.setattr(torch.cuda, "get_arch_list", lambda: ARCHITECTURES)
        monkeypatch.setattr(torch.backends.cuda, "is_built", lambda: built)
        monkeypatch.setattr(torch, "__version__", "2.99")

    return pretend


@pytest.mark.parametrize(
    ("setting", "resources", "seen", "chosen"),
    [
        ("auto", {"gpu": 1}, True, [0]),
        ("auto", {"gpu": 0}, True, []),
        ("auto", {}, True, []),
        ("auto", {"gpu": 1}, False, []),
        ("cpu", {"gpu": 1, "gres": "gpu:1"}, True, []),
        ("cuda", {"gpu": 0}, True, [0]),
        ("auto", {"gpu": 0, "gres": "gpu:a100:1"}, True, [0]),
        ("auto", {"gpu": 0, "gres": "craynetwork:1"}, True, []),
    ],
)
def test_choice_of_the_device_on_one_machine(machine, setting, resources, seen, chosen):
    machine(*[(9, 0)] * seen)
    assert _choose(setting, resources) == chosen


@pytest.mark.parametrize(
    ("submitted", "variables", "gpu", "asker"),
    [
        (True, {}, 1, "the job's resource gpu=1"),
        (True, {"SLURM_JOB_GPUS": "0"}, 0, "SLURM_JOB_GPUS=0"),  # by the partition
        (True, {"CUDA_VISIBLE_DEVICES": "0"}, 0, None),  # of the shell on the login node
        (False, {"SLURM_STEP_GPUS": "3"}, 1, "SLURM_STEP_GPUS=3"),
        (False, {"SLURM_GPUS_ON_NODE": "2"}, 1, "SLURM_GPUS_ON_NODE=2"),
        (False, {"CUDA_VISIBLE_DEVICES": "0"}, 1, "CUDA_VISIBLE_DEVICES=0"),
        (False, {"SLURM_JOB_ID": "7", "SLURM_GPUS_ON_NODE": "0", "CUDA_VISIBLE_DEVICES": "NoDevFiles"}, 1, None),
        (False, {"CUDA_VISIBLE_DEVICES": ""}, 1, None),
        (False, {"CUDA_VISIBLE_DEVICES": "-1"}, 1, None),
        (False, {"SLURM_JOB_GPUS": "0"}, 0, None),  # --resources gpu=0
    ],
)
def test_a_gpu_that_was_asked_for_and_is_not_there_ends_the_job(machine, monkeypatch, submitted, variables, gpu, asker):
    machine()
    for name, value in (variables | ({SUBMITTED: "1"} if submitted else {})).items():
        monkeypatch.setenv(name, value)
    if asker is None:
        assert _choose("auto", {"gpu": gpu}) == []
        return
    with pytest.raises(UserError) as raised:
        _choose("auto", {"gpu": gpu})
    visible = repr(variables["CUDA_VISIBLE_DEVICES"]) if "CUDA_VISIBLE_DEVICES" in variables else "not set"
    assert str(raised.value) == (
        f"{asker} asks for a GPU, but torch finds no GPU on {platform.node()}, where CUDA_VISIBLE_DEVICES is "
        f"{visible}; let the scheduler give the job one (profiles/slurm/README.md), or set device: cpu"
    )
    assert _choose("cpu", {"gpu": gpu}) == []


def test_gres_is_a_request(machine):
    machine()
    with pytest.raises(UserError, match=r"^the job's resource gres=gpu:1 asks for a GPU, but torch finds no GPU"):
        _choose("auto", {"gpu": 0, "gres": "gpu:1"})


@pytest.mark.parametrize(
    ("pretended", "line"),
    [
        ({"built": False}, "torch 2.99 is built without CUDA; install one that is built with it"),
        (
            {"warning": "CUDA initialization: The NVIDIA driver\n is too old (found version 11040)."},
            "torch cannot use it (CUDA initialization: The NVIDIA driver is too old (found version 11040).); "
            "mend what it names",
        ),
    ],
)
def test_the_reason_is_in_the_error_and_on_a_laptop_in_the_log(machine, caplog, pretended, line):
    machine(**pretended)
    with pytest.raises(UserError) as raised:
        _choose("cuda", {"gpu": 1})
    assert str(raised.value) == f"device: cuda asks for a GPU, but {line}, or set device: cpu"
    with caplog.at_level(logging.INFO, logger="relmaps"):
        assert _choose("auto", {"gpu": 1}) == []
        _choose("auto", {"gpu": 0})
    first, second = caplog.messages
    assert first == f"device cpu: {line.partition(';')[0]}"
    assert second == "device cpu: the job has no GPU"


def test_gpus_that_this_build_of_torch_has_no_code_for_are_left_out(machine, caplog):
    machine((3, 7), (8, 9))
    assert find_gpus() == ([1], "", "")
    machine((3, 7))
    fault = "GPU 0 has compute capability 3.7, and torch 2.99 is built for " + " ".join(ARCHITECTURES)
    remedy = "take another GPU or a torch that is built for this one"
    assert find_gpus() == ([], fault, remedy)
    with pytest.raises(UserError) as raised:
        _choose("cuda", {"gpu": 1})
    assert str(raised.value) == f"device: cuda asks for a GPU, but {fault}; {remedy}, or set device: cpu"
    with caplog.at_level(logging.INFO, logger="relmaps"):
        assert _choose("auto", {"gpu": 1}) == []
    assert caplog.messages == [f"device cpu: {fault}"]


@pytest.mark.parametrize(
    ("capability", "built_for", "expected"),
    [
        ((8, 0), ["sm_80"], True),
        ((8, 9), ["sm_80"], True),  # machine code, the same major number
        ((7, 5), ["sm_80"], False),
        ((9, 0), ["sm_80"], False),
        ((9, 0), ["sm_80", "compute_80"], True),  # PTX, compiled on the GPU
        ((7, 5), ["compute_80"], False),
        ((10, 3), ["sm_100"], True),
        ((12, 0), ["sm_100", "compute_100"], True),
        ((12, 1), ["sm_90a"], False),
        ((9, 0), ["sm_90a"], True),
        ((10, 0), ["compute_90a"], False),
        ((10, 3), ["sm_100f"], True),
        ((12, 0), ["compute_100f"], False),
        ((9, 0), ["gfx90a"], True),  # not judged
    ],
)
def test_code_of_a_build_runs_on_a_gpu(capability, built_for, expected):
    assert runs_on(capability, built_for) is expected


def test_cpu_is_opened_deterministic_with_the_configured_threads():
    open_device("cpu", {}, 1)
    assert torch.get_num_threads() == 1
    assert torch.are_deterministic_algorithms_enabled()
    assert not torch.is_deterministic_algorithms_warn_only_enabled()


@pytest.mark.slow
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
