"""The smallest study through SLURM, one of whose jobs is cancelled on the way."""

import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from relmaps import ROOT
from relmaps.io.tables import read_table
from tests.slurm.cluster import ClusterError, running_cluster, slurm

pytestmark = pytest.mark.long

PROFILE = yaml.safe_load((ROOT / "profiles/slurm/config.yaml").read_text())
COMMAND = [
    *(sys.executable, "-m", "snakemake", "--workflow-profile", "profiles/slurm", "--configfile", "config/smoke.yaml"),
    *("--config", "device=cpu"),  # torch sees no GPU, for which the jobs ask
    *("--slurm-init-seconds-before-status-checks", "5"),
    *("--slurm-status-command", "squeue"),  # sacct answers nothing where there is no accounting database
]


@dataclass(frozen=True)
class Job:
    """A job as squeue tells of it; what : rule and wildcards, or group."""

    number: str
    what: str
    state: str
    partition: str
    memory: str
    minutes: str
    gpus: str


def jobs() -> list[Job]:
    """All jobs of the cluster since it was started, in the order of their submission."""
    columns = ("JobID", "Comment", "State", "Partition", "MinMemory", "TimeLimit", "tres-per-job")
    lines = slurm("squeue", "-h", "--states=all", "-O", ",".join(f"{name}:200|" for name in columns)).splitlines()
    found = [Job(*(cell.strip() for cell in line.split("|")[: len(columns)])) for line in lines]
    return sorted(found, key=lambda job: int(job.number))


@dataclass(frozen=True)
class Run:
    """The study's folder and jobs; the job that was cancelled, and the scans that it had finished, with their times."""

    folder: Path
    cancelled: Job
    finished: dict[Path, int]
    jobs: list[Job]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("slurm")
    log = folder / "snakemake.log"
    command = [*COMMAND, "--directory", str(folder), "--slurm-logdir", str(folder / "logs")]
    try:
        with running_cluster(), open(log, "w") as output:
            process = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT)
            try:
                cancelled, scans = cancel_the_scans(process, folder / "results/smoke")
                code = process.wait(timeout=3600)
                seen = jobs()
            finally:
                process.kill()
                process.wait()
    except ClusterError as error:
        pytest.exit(str(error), returncode=1)
    assert code == 0, log.read_text()[-5000:]
    return Run(folder, cancelled, scans, seen)


def cancel_the_scans(process: subprocess.Popen, results: Path) -> tuple[Job, dict[Path, int]]:
    """Cancel the job of the scans once it has finished the first of them."""
    deadline = time.monotonic() + 900
    while process.poll() is None and time.monotonic() < deadline:
        statuses = list(results.glob("preprocess/derivatives/*/anat/sub-*_status.json"))
        if statuses:
            (job,) = [job for job in jobs() if job.state == "RUNNING" and "preprocess_scans" in job.what]
            slurm("scancel", job.number)
            return job, {path: path.stat().st_mtime_ns for path in statuses}
        time.sleep(0.5)
    raise AssertionError("no job of the scans was seen running")


def test_a_cancelled_job_is_submitted_again_with_more_memory_and_time(run):
    first, second = [job for job in run.jobs if job.what == run.cancelled.what]
    assert (first.number, first.state) == (run.cancelled.number, "CANCELLED")
    assert second.state == "COMPLETED"
    assert megabytes(second.memory) == 2 * megabytes(first.memory)
    assert minutes(second.minutes) == 2 * minutes(first.minutes)


def test_scans_that_were_finished_are_not_done_again(run):
    assert run.finished
    assert {path: path.stat().st_mtime_ns for path in run.finished} == run.finished


def megabytes(memory: str) -> float:
    return float(memory[:-1]) * {"M": 1, "G": 1024}[memory[-1]]


def minutes(limit: str) -> int:
    """Of D-HH:MM:SS, as far as it is written."""
    days, _, clock = limit.rpartition("-")
    hours, minutes, _ = ["0", *clock.split(":")][-3:]
    return int(days or 0) * 1440 + int(hours) * 60 + int(minutes)


def test_every_other_job_ran_once_and_the_study_is_whole(run):
    others = [job for job in run.jobs if job.what != run.cancelled.what]
    assert len(others) > 90
    assert {job.state for job in others} == {"COMPLETED"}
    assert len({job.what for job in others}) == len(others)
    assert (run.folder / "results/smoke" / "report.html").stat().st_size > 1e5
    assert len(read_table(run.folder / "results/smoke" / "overlap/scores.tsv")) > 100


def test_the_scans_of_both_batches_are_one_job(run):
    assert not any(f"rule_{name}" in job.what for job in run.jobs for name in PROFILE["groups"])


def test_gpu_rules_and_no_others_have_a_gpu_and_its_partition(run):
    on_gpu = {job.what.split("_wildcards_")[0].removeprefix("rule_") for job in run.jobs if job.partition == "gpu"}
    assert on_gpu == {"train_cnn", "explain_cnn", "check_heatmap"}
    assert {job.partition for job in run.jobs if "gpu" in job.gpus} == {"gpu"}
    assert all("gpu" in job.gpus for job in run.jobs if job.partition == "gpu")


def test_a_log_of_every_job_is_kept(run):
    kept = {path.stem for path in (run.folder / "logs").rglob("*.log")}
    assert {job.number for job in run.jobs} <= kept


def test_nothing_of_the_cluster_is_left(run):
    assert not Path("/etc/slurm/slurm.conf").exists()
    daemons = subprocess.run(["ps", "-eo", "stat=,args="], capture_output=True, text=True, check=True).stdout
    assert not [line for line in daemons.splitlines() if "relmaps-slurm-" in line and not line.startswith("Z")]
