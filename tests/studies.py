"""Runs of the workflow for tests, each in a folder of its own, so that they can run side by side and in any order."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock

from relmaps import ROOT
from relmaps.io.tables import read_table

SMOKE = ("--configfile", "config/smoke.yaml")
SECONDS = 1800  # no run of a test takes that long


def command(folder: Path, *arguments: object, cores: int = 2) -> list[str]:
    """Words that start the workflow; results, locks and Snakemake's records go to the folder."""
    words = (sys.executable, "-m", "snakemake", "--snakefile", ROOT / "Snakefile", "--directory", folder)
    return [str(word) for word in (*words, "--cores", cores, *arguments)]


def run(folder: Path, *arguments: object, cores: int = 2) -> subprocess.CompletedProcess:
    """Run the workflow, whatever becomes of it; paths of configuration files are relative to the repository."""
    words = command(folder, *arguments, cores=cores)
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False, timeout=SECONDS)


def finish(folder: Path, *arguments: object, cores: int = 2) -> str:
    """Run the workflow to its end, which must be a good one; all that it printed."""
    done = run(folder, *arguments, cores=cores)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout + done.stderr


def planned(folder: Path, *arguments: object) -> dict[str, int]:
    """Jobs of each rule in a dry run, and their total."""
    return counts(finish(folder, "-n", *arguments))


def counts(output: str) -> dict[str, int]:
    """Jobs of each rule in the table that Snakemake prints, and their total."""
    return {name: int(number) for name, number in re.findall(r"^(\w+) +(\d+)$", output, re.M)}


def kill_when(reached: Callable[[], object], folder: Path, *arguments: object) -> None:
    """Start the workflow and kill -9 all its processes once a condition holds."""
    process = subprocess.Popen(
        command(folder, *arguments),
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    deadline = time.monotonic() + SECONDS
    while not reached() and time.monotonic() < deadline:
        assert process.poll() is None, "the run ended before it could be killed"
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def made_once(root: Path, name: str, make: Callable[[Path], dict]) -> dict:
    """Make something in the folder `root`/`name`, unless another process of these tests has; what `make` returned.

    root : folder that all processes of the tests share. make : fills an empty folder; what it returns must fit JSON.
    """
    folder, record = root / name, root / f"{name}.json"
    with FileLock(root / f"{name}.lock"):
        if not record.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            record.write_text(json.dumps(make(folder)))
        return json.loads(record.read_text())


def contents(results: Path) -> dict[str, bytes]:
    """Every table and map of a study by its path, without the times of quality control."""
    paths = [path for pattern in ("*.tsv", "*.nii.gz") for path in results.rglob(pattern)]
    return {
        str(path.relative_to(results)): _timeless(path)
        for path in paths
        if not {"logs", "benchmarks"} & set(path.parts) and not path.name.startswith(".")
    }


def _timeless(path: Path) -> bytes:
    content = path.read_bytes()
    if path.suffix == ".tsv" and b"cpu_seconds" in content.partition(b"\n")[0]:
        return read_table(path).drop(columns=["seconds", "cpu_seconds"]).to_csv().encode()
    return content
