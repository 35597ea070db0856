"""The wheel, made from the source distribution, in an environment of its own; needs the package index for hatchling."""

import json
import os
import re
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path

import pytest

from relmaps import ROOT
from relmaps.study.code import hash_code
from relmaps.study.provenance import code_hash

pytestmark = pytest.mark.long

FOLDERS = ("config", "envs", "profiles", "relmaps", "resources", "workflow")
ENVIRONMENT = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
HASHES = """
import json, sys
from relmaps.study.code import hash_code
from relmaps.study.provenance import code_hash
print(json.dumps([code_hash(), {script: hash_code(script) for script in sys.argv[1:]}]))
"""


def call(*words, folder=ROOT):
    done = subprocess.run(
        list(map(str, words)), cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def tracked(*names):
    return set(call("git", "ls-files", *names).split())


def environment(folder):
    """Commands of a new environment that sees the packages of the one that runs the tests."""
    call(sys.executable, "-m", "venv", folder)
    site = Path(call(folder / "bin/python", "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip())
    (site / "of_the_tests.pth").write_text(sysconfig.get_path("purelib"))
    return folder / "bin"


@pytest.fixture(scope="module")
def distributions(tmp_path_factory):
    """Source distribution, and the wheel that pip makes of it."""
    folder = tmp_path_factory.mktemp("dist")
    call(sys.executable, "-m", "venv", folder / "builder")
    call(folder / "builder/bin/pip", "install", "-q", "hatchling")
    call(folder / "builder/bin/python", "-m", "hatchling", "build", "-t", "sdist", "-d", folder)
    (source,) = folder.glob("relmaps-*.tar.gz")
    call(folder / "builder/bin/pip", "wheel", "-q", "--no-deps", "-w", folder, source)
    (wheel,) = folder.glob("relmaps-*.whl")
    return source, wheel


@pytest.fixture(scope="module")
def installed(distributions, tmp_path_factory):
    """Commands of an environment that has the wheel."""
    commands = environment(tmp_path_factory.mktemp("installed"))
    call(commands / "pip", "install", "-q", "--no-deps", distributions[1])
    return commands


def test_both_distributions_have_every_file(distributions):
    with tarfile.open(distributions[0]) as source:
        assert {name.partition("/")[2] for name in source.getnames()} >= tracked(*FOLDERS, "Snakefile", "tests")
    names = zipfile.ZipFile(distributions[1]).namelist()
    own = {name for name in names if ".dist-info/" not in name}
    assert own == {"relmaps.pth", *(f"relmaps_workflow/{name}" for name in tracked(*FOLDERS, "Snakefile"))}


def test_the_command_fits_a_screen(installed):
    assert len(call(installed / "relmaps", "--help").splitlines()) <= 24
    assert re.fullmatch(r"\d+\.\d+\.\d+\n", call(installed / "relmaps", "--version"))


def test_the_installed_code_has_the_same_hashes(installed, tmp_path):
    scripts = sorted(tracked("workflow/scripts"))
    told = json.loads(call(installed / "python", "-c", HASHES, *scripts, folder=tmp_path))
    assert told == [code_hash(), {script: hash_code(script) for script in scripts}]


def test_a_study_runs_in_an_empty_folder(installed, tmp_path):
    words = ("--config", "config/smoke.yaml", "--cores", "2", "--", "--until", "simulate_participants")
    call(installed / "relmaps", "run", *words, folder=tmp_path)
    log = (tmp_path / "results/smoke/cohort/logs/simulate_participants.log").read_text()
    assert "done in" in log
    assert {path.name for path in tmp_path.iterdir()} == {".snakemake", "results"}


def test_a_clone_refuses_to_run_beside_the_wheel(installed, tmp_path):
    command = [installed / "python", "-m", "snakemake", "-n", "--snakefile", ROOT / "Snakefile", "--cores", "1"]
    done = subprocess.run(command, cwd=tmp_path, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "relmaps_workflow/relmaps: this copy of relmaps would be used instead" in done.stdout + done.stderr


def test_an_editable_installation_is_the_clone(tmp_path):
    commands = environment(tmp_path / "venv")
    call(commands / "pip", "install", "-q", "--no-deps", "-e", ROOT)
    where = call(commands / "python", "-P", "-c", "import relmaps; print(relmaps.ROOT)", folder=tmp_path)
    assert where.strip() == str(ROOT)
    run = (commands / "python", "-m", "snakemake", "-n", "--quiet", "rules", "--snakefile", ROOT / "Snakefile")
    assert "simulate_participants" in call(*run, "--cores", "1", folder=tmp_path)
