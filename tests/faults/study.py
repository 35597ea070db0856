"""A smoke study that is run to its end, or killed on the way, as a user would: by make."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from relmaps.code import ROOT
from relmaps.tables import read_table

STUDY = "faults-test"
RESULTS = ROOT / "results" / STUDY
STAGES = ("cohort", "preprocess", "reference", "classify", "relevance", "overlap", "figures")


class Study:
    """Commands of a Makefile whose environment is the one that runs the tests."""

    def __init__(self, folder: Path, settings: str = "") -> None:
        """folder : temporary; settings : YAML over config/smoke.yaml."""
        self.config = folder / "study.yaml"
        smoke = (ROOT / "config/smoke.yaml").read_text().replace("study: smoke", f"study: {STUDY}")
        self.config.write_text(smoke + settings)
        self.environment = folder / "venv"
        self.environment.mkdir(exist_ok=True)
        for path in Path(sys.prefix).iterdir():
            (self.environment / path.name).unlink(missing_ok=True)
            (self.environment / path.name).symlink_to(path)
        (self.environment / "study").unlink(missing_ok=True)
        (self.environment / "study").touch()  # it needs no installation

    def make(self, target: str, cores: int = 2, **options) -> subprocess.Popen:
        """Start a target in a session of its own, so that all its processes can be killed together."""
        command = ["make", target, f"VENV={self.environment}", f"CONFIG={self.config}", f"CORES={cores}"]
        return subprocess.Popen(command, cwd=ROOT, start_new_session=True, text=True, **options)

    def finish(self, target: str = "study", cores: int = 2) -> str:
        """Run a target to its end, which must be a good one; what it said."""
        process = self.make(target, cores, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        output, _ = process.communicate()
        assert process.returncode == 0, output[-3000:]
        return output

    def kill_in(self, waiting: set[str], target: str) -> str:
        """Start a target and kill -9 all its processes once one of the stages has its first file; that stage."""
        process = self.make(target, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while not (reached := [stage for stage in STAGES if stage in waiting and has_results(stage)]):
            assert process.poll() is None, f"the study ended before it could be killed in {waiting}"
            time.sleep(0.02)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return reached[0]


def has_results(stage: str) -> bool:
    """Whether a job of the stage has ended: there is a file under its final name that is no log."""
    return any(
        not name.startswith(".")
        for folder, folders, names in os.walk(RESULTS / stage)
        for name in names
        if not {"logs", "benchmarks"} & set(Path(folder).parts)
    )


def contents() -> dict[str, bytes]:
    """Every table and map of the study by its path, but for what tells times."""
    paths = [path for pattern in ("*.tsv", "*.nii.gz") for path in RESULTS.rglob(pattern)]
    return {
        str(path.relative_to(RESULTS)): timeless(path)
        for path in paths
        if not {"logs", "benchmarks"} & set(path.parts) and not path.name.startswith(".")
    }


def timeless(path: Path) -> bytes:
    """The file without the times that quality control tells."""
    content = path.read_bytes()
    if path.suffix == ".tsv" and b"cpu_seconds" in content.partition(b"\n")[0]:
        return read_table(path).drop(columns=["seconds", "cpu_seconds"]).to_csv().encode()
    return content


def clear() -> None:
    shutil.rmtree(RESULTS, ignore_errors=True)
