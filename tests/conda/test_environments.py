"""The smallest study with an environment for each family of rules, and nothing of the host to lean on."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from relmaps import ROOT
from relmaps.io.files import read_json
from tests.rules import read_rules

pytestmark = pytest.mark.long

# What the Snakefile itself imports; jsonschema comes with Snakemake.
HOST = ("snakemake", "pandas", "PyYAML")


@pytest.fixture(scope="module")
def host(tmp_path_factory) -> Path:
    """Folder of commands of a Python that has Snakemake and hardly anything else."""
    venv = tmp_path_factory.mktemp("host")
    subprocess.run([sys.executable, "-m", "venv", venv], check=True)
    subprocess.run([venv / "bin/pip", "install", "-q", "-c", ROOT / "requirements.txt", *HOST], check=True)
    return venv / "bin"


def run(host: Path, folder: Path, prefix: Path, *arguments: str) -> subprocess.CompletedProcess:
    command = [host / "snakemake", "--use-conda", "--conda-prefix", prefix, "--nolock", *arguments]
    path = os.pathsep.join([str(host), str(ROOT / "tests/conda/bin"), os.environ["PATH"]])
    environment = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "VIRTUAL_ENV")}
    return subprocess.run(
        command, cwd=folder, env=environment | {"PATH": path}, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def prefix(tmp_path_factory) -> Iterator[Path]:
    """Folder of the environments; removed at the end, as it has gigabytes."""
    prefix = tmp_path_factory.mktemp("environments")
    yield prefix
    shutil.rmtree(prefix)


@pytest.fixture(scope="module")
def results(host, prefix, tmp_path_factory) -> Path:
    """What the study made."""
    folder = tmp_path_factory.mktemp("study")
    arguments = ("--directory", folder, "--cores", str(os.cpu_count()), "--configfile", "config/smoke.yaml")
    study = run(host, ROOT, prefix, *arguments)
    assert study.returncode == 0, (study.stdout + study.stderr)[-5000:]
    return folder / "results/smoke"


@pytest.fixture
def spare(tmp_path) -> Iterator[Path]:
    yield tmp_path
    shutil.rmtree(tmp_path)


def test_the_host_has_nothing_that_the_rules_need(host):
    listed = subprocess.run([host / "pip", "list", "--format=freeze"], capture_output=True, text=True, check=True)
    installed = {line.split("==")[0].lower() for line in listed.stdout.splitlines()}
    assert "snakemake" in installed
    assert not installed & {"nibabel", "nilearn", "antspyx", "torch", "scipy", "scikit-learn", "matplotlib", "nimare"}


def test_the_study_is_whole(results):
    assert (results / "report.html").stat().st_size > 1e5


def test_every_module_of_a_job_lies_in_the_environment_of_its_rule(prefix, results):
    seen = set()
    for path in results.rglob("logs/**/*.json"):
        used = read_json(path)
        rule = used["rule"]
        env = Path(str(read_rules()[rule].conda_env)).name
        python, *modules = used["environment"].values()
        folder = Path(python).parent.parent
        assert folder.parent == prefix, f"{rule}: {python}"
        assert folder.with_suffix(".yaml").read_bytes() == (ROOT / "envs" / env).read_bytes(), rule
        assert [path for path in modules if not path.startswith(f"{folder}/")] == [], rule
        assert modules, f"{rule}: no module is recorded"
        seen.add(rule)
    assert len(seen) > 50


def test_a_package_that_is_not_listed_is_missed(host, spare):
    """Else the test above would prove nothing: what the host or another environment has does not help a rule."""
    for name in ("Snakefile", "workflow", "relmaps", "config", "envs", "resources"):
        (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, spare / name)
    env = spare / "envs/imaging.yaml"
    env.write_text(re.sub(r" +- nilearn==.*\n", "", env.read_text()))
    target = "results/smoke/preprocess/template/MNI152NLin2009aSym_T1w.nii.gz"  # of one rule, and so one environment
    arguments = ["--cores", "1", "--configfile", "config/smoke.yaml", "--", target]
    incomplete = run(host, spare, spare / "environments", *arguments)
    assert incomplete.returncode == 1
    assert "No module named 'nilearn'" in incomplete.stdout + incomplete.stderr
