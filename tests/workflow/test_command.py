"""`relmaps run` and `resume` in a folder of their own, the catalogue's Snakefile, and another copy of relmaps."""

import os
import re
import signal
import subprocess
import sys
import time

import pytest
import yaml

from relmaps import ROOT
from relmaps.io.tables import read_table
from relmaps.study.bids_tree import write_bids_tree
from tests.neuroquery_files import write_neuroquery
from tests.studies import SMOKE, counts, finish, planned

pytestmark = pytest.mark.slow

RELMAPS = (sys.executable, "-m", "relmaps.study.cli")
ENVIRONMENT = os.environ | {"PYTHONPATH": str(ROOT)}
SMOKE_CONFIG = ("--config", "config/smoke.yaml", "--cores", "2")


def relmaps(folder, *words, environment=ENVIRONMENT):
    command = [*RELMAPS, *map(str, words)]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def log_of(folder):
    """Text of the only log that a run has kept."""
    (log,) = folder.glob(".snakemake/log/*.relmaps.log")
    return log.read_text()


def test_a_run_shows_its_stages_and_keeps_snakemake_s_lines_in_a_log(tmp_path):
    done = relmaps(tmp_path, "run", *SMOKE_CONFIG, "--", "--until", "make_template", "simulate_participants")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    first, *lines = done.stdout.splitlines()
    assert re.fullmatch(r"Snakemake's log: \.snakemake/log/\S+\.relmaps\.log", first)
    assert {line.split()[0] for line in lines} == {"cohort", "preprocess"}
    assert all(re.match(r"\w+ +\d of 2 jobs", line) for line in lines)
    assert "(Rule: make_template)" in log_of(tmp_path)
    assert (tmp_path / "results/smoke/cohort/bids/participants.tsv").is_file()


def test_a_dry_run_is_shown_as_snakemake_prints_it(tmp_path):
    done = relmaps(tmp_path, "run", *SMOKE_CONFIG, "--", "-n", "--quiet", "rules")
    assert done.returncode == 0, done.stderr
    assert counts(done.stdout) == planned(tmp_path / "plain", *SMOKE)


@pytest.mark.fault
def test_neither_the_name_of_the_input_nor_the_environment_stops_a_job(tmp_path):
    source = tmp_path / 'a #b: "c", it\'s (ö)=d'
    source.mkdir()
    write_bids_tree(source, 12)
    hostile = {"HOME": "/proc", "MPLBACKEND": "module://matplotlib_inline.backend_inline", "PYTHONWARNINGS": "error"}
    environment = ENVIRONMENT | hostile | {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    environment.pop("XDG_CACHE_HOME", None)
    words = ("--config", "config/bids.yaml", "--config", "config/dryrun.yaml", "--input", source, "--cores", "1")
    done = relmaps(tmp_path, "run", *words, "--", "--until", "ingest_cohort", environment=environment)
    assert (done.returncode, done.stderr) == (0, "")
    scans = read_table(tmp_path / "results/dryrun/cohort/scans.tsv")
    assert len(scans) == 12
    assert (tmp_path / ".snakemake/cache/snakemake").is_dir()


def test_a_failed_job_is_one_block_and_a_hint(tmp_path):
    write_neuroquery(tmp_path / "papers", [])
    (tmp_path / "papers/metadata.tsv.gz").write_bytes(b"broken")
    reference = {"text_mined": {"source": "neuroquery", "path": "papers"}}
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump({"study": "mine", "reference": reference}))
    words = ("--config", "mine.yaml", "--cores", "1", "--", "--until", "select_foci")
    done = relmaps(tmp_path, "run", *words)
    assert done.returncode == 1
    failed, error, log, hint = done.stderr.splitlines()
    assert failed == "Failed: select_foci, reference text_mined"
    assert error.startswith("  error: papers: a file of NeuroQuery is damaged (Not a gzipped file")
    assert log == "  log:   results/mine/reference/logs/select_foci/text_mined.log"
    assert hint == f"0 of 1 jobs are done; when it is mended, go on with: relmaps resume {' '.join(words)}"
    assert "Error in rule select_foci" in log_of(tmp_path)


@pytest.mark.parametrize(
    ("words", "status", "line"),
    [
        (("--config", "config/bids.yaml"), 1, "relmaps: config: input is not set; add the BIDS folder"),
        (("--", "--config", "stduy=a"), 1, "relmaps: config: unknown key stduy; did you mean study?"),
        (("--", "--no-such-option"), 2, "relmaps: snakemake: error: unrecognized arguments: --no-such-option"),
    ],
)
def test_what_stops_snakemake_before_any_job_is_one_line(tmp_path, words, status, line):
    done = relmaps(tmp_path, "run", *words)
    assert done.returncode == status
    assert done.stderr.startswith(line)
    assert done.stderr.count("\n") == 1


def test_ctrl_c_leaves_what_resume_goes_on_with(tmp_path):
    words = [*SMOKE_CONFIG, "--", "--until", "make_template"]
    process = subprocess.Popen(
        [*RELMAPS, "run", *words],
        cwd=tmp_path,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    waited = time.monotonic() + 300
    while not (tmp_path / "results/smoke/preprocess/logs/make_template.log").is_file() and time.monotonic() < waited:
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=300)
    assert process.returncode == 130
    assert errors == "Stopped; go on with: relmaps resume " + " ".join(words) + "\n"
    made = tmp_path / "results/smoke/preprocess/template/MNI152NLin2009aSym_T1w.nii.gz"
    assert not made.exists()
    done = relmaps(tmp_path, "resume", *words)
    assert done.returncode == 0, done.stderr
    assert made.is_file()


def test_the_snakefile_of_the_catalogue_plans_and_runs_the_same(tmp_path):
    own = ("--snakefile", ROOT / "workflow/Snakefile")
    here, there = planned(tmp_path), planned(tmp_path, *own)
    assert here.pop("all") == there.pop("study")
    assert here == there
    finish(tmp_path, *own, *SMOKE, "--until", "simulate_participants")


def test_another_copy_of_relmaps_that_would_win_is_one_line(tmp_path):
    (tmp_path / "other/relmaps").mkdir(parents=True)
    (tmp_path / "other/relmaps/__init__.py").touch()
    command = [sys.executable, "-m", "snakemake", "-n", "--snakefile", ROOT / "Snakefile", "--cores", "1"]
    environment = os.environ | {"PYTHONPATH": str(tmp_path / "other")}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    (line,) = [line for line in (done.stdout + done.stderr).splitlines() if "this copy of relmaps" in line]
    assert line.startswith(f"{tmp_path}/other/relmaps: this copy of relmaps would be used instead of the one beside")
