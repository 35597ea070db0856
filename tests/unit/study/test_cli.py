"""The command's words, its errors, and what it hands to Snakemake, which these tests do not start."""

import subprocess
import sys
from fnmatch import fnmatch

import pytest
from click.testing import CliRunner

from relmaps import ROOT
from relmaps.study import cli
from tests.another_user import open_to_all, raised_for_another_user

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


AWKWARD = [
    *("/a b", "/it's", '/a "b"', "/a'", "/a: b", "/a #b", "/a,b", "/(a)", "/a=b", "[a]", "!a", "&a", "*a", "~"),
    *(
        "2020",
        "1e3",
        "0x10",
        "yes",
        "null",
        "true",
        "2020-01-01",
        "/a\\b",
        "/$HOME",
        "/%s",
        "/größe",
        "/\u4e2d\U0001f9e0",
        "/a\tb",
    ),
]


@pytest.mark.fault
@pytest.mark.parametrize("path", AWKWARD)
def test_a_path_reaches_snakemake_as_it_was_given(started, path):
    """Through a file: Snakemake's --config would take it for YAML."""
    assert call("run", "--config", "config/smoke.yaml", "--input", path, "--", "overlap_only").exit_code == 0
    assert call("figures", path).exit_code == 0
    (_, run), (_, figures) = started
    assert settings_of(run)["input"] == path
    assert settings_of(run)["study"] == "smoke"
    assert settings_of(figures) == {"redraw": path}


def settings_of(words):
    """What Snakemake makes of its arguments, as it reads them."""
    from snakemake.cli import parse_args
    from snakemake.settings.types import ConfigSettings

    arguments = parse_args(words)[1]
    assert arguments.config is None
    assert arguments.targets in (["overlap_only"], ["figures"])
    return ConfigSettings(configfiles=arguments.configfile).overwrite_config


@pytest.mark.fault
@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["--input", ""], "--input is empty; give a path"),
        (
            ["--input", b"/a\xff".decode("utf-8", "surrogateescape")],
            "--input '/a\\udcff': the name is not UTF-8; rename it",
        ),
        (
            ["--input", "/a", "--", "-n", "--configfile", "mine.yaml"],
            "--configfile after -- would replace what stands before it; give each file as --config FILE",
        ),
    ],
)
def test_an_input_that_cannot_be_handed_on_is_one_line(started, words, line):
    done = call("run", *words)
    assert (done.exit_code, done.stderr) == (1, f"relmaps: {line}\n")


def test_a_graph_is_printed_by_snakemake_alone(tmp_path, monkeypatch):
    """So that it can be sent to a file."""
    calls = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(
        subprocess, "run", lambda words, **_: calls.append(words) or subprocess.CompletedProcess(words, 3)
    )
    done = call("run", "--", "--rulegraph", "mermaid-js")
    assert (done.exit_code, done.output) == (3, "")
    assert calls[0][:4] == [sys.executable, "-P", "-m", "snakemake"]
    assert calls[0][-2:] == ["--rulegraph", "mermaid-js"]


@pytest.mark.fault
@pytest.mark.parametrize(
    ("words", "closed", "line"),
    [
        (["run"], ".", "{}: cannot be written to; check its permissions, or start relmaps in another folder"),
        (["run"], "results", "{}: cannot be written to; check its permissions, or start relmaps in another folder"),
        (["resume"], "results", "{}: cannot be written to; check its permissions, or start relmaps in another folder"),
        (["figures", "results"], "results", "{}: cannot be written to; check its permissions, or start relmaps in "),
        (["run", "--input", "/a"], ".snakemake", "{}/settings/[0-9a-f]*.yaml: cannot be written (Permission denied); "),
        (["run"], ".snakemake", "{}/log/*.relmaps.log: Permission denied; check its permissions, or start relmaps in "),
    ],
)
def test_a_folder_that_cannot_be_used_is_one_line(tmp_path, monkeypatch, words, closed, line):
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: subprocess.CompletedProcess([], 0))
    monkeypatch.setattr(subprocess, "Popen", refuse_to_start)
    folder = tmp_path / "study"
    (folder / closed).mkdir(parents=True)
    open_to_all(folder)
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o777)
    (folder / closed).chmod(0o555)
    monkeypatch.chdir(folder)

    def end():
        done = call(*words)
        raise SystemError(done.exit_code, done.stderr)

    status, said = raised_for_another_user(end).args
    assert status == 1
    *_, last = said.splitlines()
    assert fnmatch(last, f"relmaps: {line.format((folder / closed).resolve())}*")
    assert "Traceback" not in said


def refuse_to_start(*_, **__):
    raise RuntimeError("Snakemake was to be started")


def test_figures_are_redrawn_from_a_folder_or_the_study_of_a_file(started):
    assert call("figures", "results/full-demo").exit_code == 0
    assert call("figures", "--config", "config/smoke.yaml").exit_code == 0
    (again, first), (_, second) = started
    assert again == "figures"
    assert {"plot_ranking", "write_report"} <= set(first)
    assert settings_of(first) == {"redraw": "results/full-demo"}
    assert settings_of(second) == {"redraw": "results/smoke"}
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
