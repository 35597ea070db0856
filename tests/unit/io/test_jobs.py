import subprocess
import sys
from types import SimpleNamespace

import pytest

from relmaps import ROOT
from relmaps.io import machine
from relmaps.io.files import read_json
from relmaps.io.jobs import job, log, progress

PROGRAM = """
import sys
from types import SimpleNamespace
from relmaps.io.errors import UserError
from relmaps.io.files import read_json
from relmaps.io.jobs import job
with job(SimpleNamespace(log=[sys.argv[1]], rule="make_things")):
    raise UserError("x.nii.gz: empty; convert it again")
"""


def test_a_users_mistake_is_one_line_without_traceback(tmp_path):
    path = tmp_path / "logs" / "make_things.log"
    run = subprocess.run([sys.executable, "-c", PROGRAM, path], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert run.stderr == "relmaps: make_things: x.nii.gz: empty; convert it again\n"
    assert "x.nii.gz: empty" in path.read_text()
    assert not path.with_suffix(".json").exists()


@pytest.mark.fault
def test_a_log_that_cannot_be_written_is_one_line(tmp_path):
    (tmp_path / "logs").touch()
    path = tmp_path / "logs" / "make_things.log"
    run = subprocess.run([sys.executable, "-c", PROGRAM, path], cwd=ROOT, capture_output=True, text=True, check=False)
    line = f"relmaps: make_things: {path}: cannot be written (File exists); check the permissions of its folder\n"
    assert (run.returncode, run.stderr) == (1, line)


USES = """
import sys
from types import SimpleNamespace
from relmaps.io.files import read_json
from relmaps.io.jobs import job, record_device
with job(SimpleNamespace(log=[sys.argv[1]], rule="make_things")):
    record_device("cpu")
    block = b"1" * 300_000_000
    del block
    sum(range(10_000_000))
"""


def test_a_job_records_what_it_used(tmp_path):
    path = tmp_path / "logs" / "make_things_1.log"
    subprocess.run([sys.executable, "-c", USES, path], cwd=ROOT, check=True)
    used = read_json(path.with_suffix(".json"))
    assert list(used) == ["rule", "device", "wall_s", "cpu_s", "memory_mb", "environment"]
    assert (used["rule"], used["device"]) == ("make_things", "cpu")
    assert used["memory_mb"] > 286  # of the block, which is gone at the end
    assert used["cpu_s"] > 0.05
    assert used["wall_s"] > 0
    assert used["environment"]["python"] == sys.executable
    assert "threadpoolctl" in used["environment"]


def test_progress_passes_items_and_says_what_is_left(tmp_path):
    path = tmp_path / "job.log"
    handlers = list(log.handlers)
    with job(SimpleNamespace(log=[path], rule="make_things")):
        assert list(progress(["a", "b"], "scan")) == ["a", "b"]
    log.handlers = handlers
    assert "scan 2/2" in path.read_text()
    assert "0 s left" in path.read_text()


@pytest.mark.fault
@pytest.mark.parametrize(
    ("error", "fault"),
    [
        ("MemoryError", machine.MEMORY),
        ('RuntimeError("DefaultCPUAllocator: can\'t allocate memory")', machine.MEMORY),
        ("OSError(24, 'Too many open files')", machine.FILES),
    ],
)
def test_a_fault_of_the_machine_is_one_line_whose_traceback_is_in_the_log(tmp_path, error, fault):
    path = tmp_path / "make_things.log"
    program = PROGRAM.replace('UserError("x.nii.gz: empty; convert it again")', error)
    run = subprocess.run([sys.executable, "-c", program, path], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert run.stderr == f"relmaps: make_things: {fault}\n"
    assert "Traceback" in path.read_text()
