"""The command's words, its errors, and what it hands to Snakemake, which these tests do not start."""

import subprocess
import sys

import pytest
from click.testing import CliRunner

from relmaps import ROOT
from relmaps.study import cli

COMMANDS = ["run", "resume", "plan", "summary", "verify", "figures", "peaks"]


def call(*words):
    return CliRunner().invoke(cli.main, list(map(str, words)), prog_name="relmaps")


@pytest.fixture
def started(tmp_path, monkeypatch):
    """Arguments of each Snakemake that a command would have followed."""
    monkeypatch.chdir(tmp_path)
    calls = []
    monkeypatch.setattr(cli, "_follow", lambda words, again: calls.append((again, words)))
    monkeypatch.setattr(cli, "_summarise", lambda folder: calls.append(("summary", folder)))
    return calls


def test_help_fits_a_screen_and_names_all_commands():
    lines = call("--help").output.splitlines()
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 80
    assert [line.split()[0] for line in lines[lines.index("Commands:") + 1 :]] == COMMANDS


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command_fits_a_screen(command):
    lines = call(command, "--help").output.splitlines()
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 80


def test_help_imports_nothing_heavy():
    program = "import sys; from relmaps.study import cli; print(*{name.split('.')[0] for name in sys.modules})"
    run = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "click" in run.stdout.split()
    assert not {"numpy", "pandas", "torch", "ants", "snakemake", "matplotlib"} & set(run.stdout.split())


def test_the_demo_is_run_without_any_option(started):
    assert call("run").exit_code == 0
    (again, words), (_, folder) = started
    assert again == "resume"
    assert words == ["--snakefile", str(ROOT / "Snakefile"), "--cores", "all", "--rerun-incomplete"]
    assert str(folder) == "results/demo"


def test_files_of_the_current_folder_come_before_those_of_relmaps(started, tmp_path):
    (tmp_path / "config").mkdir()
    (tmp_path / "config/bids.yaml").write_text("study: mine\n")
    assert call("run", "--config", "config/bids.yaml", "--config", "config/dryrun.yaml", "--cores", 2).exit_code == 0
    (_, words), (_, folder) = started
    place = words.index("--configfile")
    assert words[place + 1 : place + 3] == [str(tmp_path / "config/bids.yaml"), str(ROOT / "config/dryrun.yaml")]
    assert words[words.index("--cores") + 1] == "2"
    assert str(folder) == "results/dryrun"  # the last file that names a study


def test_what_stands_after_two_dashes_goes_to_snakemake(started):
    assert call("run", "--cores", 1, "--", "-n", "--until", "make_splits").exit_code == 0
    ((_, words),) = started  # and no summary, as the study is not whole
    assert words[-3:] == ["-n", "--until", "make_splits"]


def test_the_input_joins_settings_that_are_given_to_snakemake(started):
    assert call("run", "--input", "/data").exit_code == 0
    assert started[0][1][-2:] == ["--config", "input=/data"]
    assert call("run", "--input", "/data", "--", "--config", "seed=3", "-n").exit_code == 0
    assert started[-1][1][-4:] == ["--config", "input=/data", "seed=3", "-n"]


def test_figures_are_redrawn_from_a_folder_or_the_study_of_a_file(started):
    assert call("figures", "results/full-demo").exit_code == 0
    assert call("figures", "--config", "config/smoke.yaml").exit_code == 0
    (again, first), (_, second) = started
    assert again == "figures"
    assert {"redraw=results/full-demo", "plot_ranking", "write_report"} <= set(first)
    assert "redraw=results/smoke" in second
    assert first[-3:] == ["--forceall", "--", "figures"]


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["run", "--config", "absent.yaml"], "relmaps: --config absent.yaml: no such file; check the path"),
        (["run", "--config", "bad.yaml"], "bad.yaml: cannot be read as YAML (while parsing a flow mapping"),
        (["run", "--config", "list.yaml"], "list.yaml: holds no keys; write KEY: VALUE in each line"),
        (["summary", "results/none"], "results/none/overlap/scores.tsv: no such table"),
        (["peaks", "absent.nii"], "absent.nii: no such image; check the path"),
        (["plan", "--config", "absent.yaml"], "relmaps: --config absent.yaml: no such file"),
    ],
)
def test_a_mistake_is_one_line(tmp_path, monkeypatch, words, line):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad.yaml").write_text("study: {x: 1")
    (tmp_path / "list.yaml").write_text("- study\n")
    done = call(*words)
    assert done.exit_code == 1
    assert line in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("words", [["fly"], ["run", "--confg", "x"], ["peaks"]])
def test_wrong_usage_has_status_2(words):
    assert call(*words).exit_code == 2


def test_verify_hands_on_its_status(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = call("verify", "--config", "config/smoke.yaml")
    assert done.exit_code == 1
    assert "results/smoke/manifest.json: no finished study" in done.output
