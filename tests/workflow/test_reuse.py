"""The workflow as part of another one, and as code that changes."""

import os
import shutil
import subprocess
import sys

import pytest
import yaml

from relmaps import ROOT
from tests.studies import counts, planned

pytestmark = pytest.mark.slow

OTHER = f"""
configfile: "mine.yaml"

module relmaps:
    snakefile: "{ROOT}/Snakefile"
    config: config

use rule * from relmaps
"""
MINE = {
    "study": "elsewhere",
    "classify": {"folds": 3},
    "reference": {"foci": {"source": "sleuth", "path": "resources/ad_vbm_foci.txt"}},  # a file of this repository
}


def snakemake(folder, *arguments):
    """What a run in a folder with a Snakefile of its own prints."""
    command = [sys.executable, "-m", "snakemake", "--cores", "1", *arguments]
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_another_workflow_plans_the_whole_study_with_its_own_configuration(tmp_path):
    (tmp_path / "Snakefile").write_text(OTHER)
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(MINE))
    here = planned(tmp_path / "here", "--forceall", "--configfile", tmp_path / "mine.yaml")
    assert here["train_cnn"] == 3
    assert counts(snakemake(tmp_path, "-n")) == here


def test_another_workflow_runs_the_scripts_in_its_own_folder(tmp_path):
    (tmp_path / "Snakefile").write_text(OTHER)
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(MINE))
    snakemake(tmp_path, "--until", "simulate_participants")
    assert (tmp_path / "results/elsewhere/cohort/severity.tsv").is_file()


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """A copy of the workflow in which two rules have run that share no more than the base of the library."""
    folder = tmp_path_factory.mktemp("copy")
    for name in ("workflow", "relmaps", "config", "envs", "resources"):
        shutil.copytree(ROOT / name, folder / name)
    shutil.copy(ROOT / "Snakefile", folder)
    snakemake(folder, *TARGETS)
    return folder


TARGETS = ["--configfile", "config/smoke.yaml", "--until", "make_template", "simulate_participants"]


def test_a_changed_function_reruns_just_the_rules_that_use_it(copy):
    used_by = {
        "relmaps/preprocess/template.py": {"make_template"},
        "relmaps/cohort/participants.py": {"simulate_participants"},
        "relmaps/io/files.py": {"make_template", "simulate_participants"},
        "relmaps/overlap/scores.py": set(),
    }
    for module, rules in used_by.items():
        before = (copy / module).read_text()
        (copy / module).write_text(before + "\n\ndef added():\n    return 1\n")
        assert set(counts(snakemake(copy, "-n", *TARGETS))) - {"total"} == rules, module
        (copy / module).write_text(before)
    assert sum(counts(snakemake(copy, "-n", *TARGETS)).values()) == 0, (
        "the old content is the old code, whatever its time"
    )
