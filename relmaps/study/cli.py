"""The command `relmaps`. Each part imports what it needs when it is called, so that --help is quick."""

import hashlib
import io
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

import click
import yaml

from relmaps import ROOT, __version__
from relmaps.io.environment import is_writable, prepare_environment
from relmaps.io.errors import UserError
from relmaps.io.files import NOT_ALLOWED, explain_missing, write_text
from relmaps.study.progress import Progress

INTERRUPTED = 130  # as a shell reports Ctrl-C
LINE_EVERY_S = 60  # without a terminal, unless the stage changes
GRAPHS = {"--dag", "--rulegraph", "--filegraph", "--d3dag"}  # options of Snakemake, which prints them


class Command(click.Group):
    """Commands in their order of use; a user's mistake ends them with one line and status 1."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """As they are defined."""
        return list(self.commands)

    def invoke(self, ctx: click.Context) -> object:
        """Show a UserError, and a file that may not be read or written, as a line."""
        try:
            return super().invoke(ctx)
        except UserError as error:
            click.echo(f"relmaps: {error}", err=True)
        except OSError as error:
            if error.errno not in NOT_ALLOWED:
                raise
            where = Path(error.filename or "").absolute()
            remedy = "check its permissions, or start relmaps in a folder that you may write to"
            click.echo(f"relmaps: {where}: {error.strerror}; {remedy}", err=True)
        ctx.exit(1)


@click.group(cls=Command, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="%(version)s")
def main() -> None:
    """How far do heatmaps of brain classifiers overlap a meta-analysis map?

    Results go to results/<study> in the current folder.
    """
    prepare_environment()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # names that the terminal cannot show


def _configs(command: Callable) -> Callable:
    return click.option(
        "--config",
        "configs",
        multiple=True,
        metavar="FILE",
        help="YAML file of the study; repeat it to lay one over another.  [default: the simulated demo]",
    )(command)


def _input(command: Callable) -> Callable:
    return click.option("--input", "source", metavar="PATH", help="Folder or table of your scans.")(command)


def _study(command: Callable) -> Callable:
    """Options that `run` and `resume` share."""
    command = click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[-- SNAKEMAKE OPTIONS]")(command)
    command = click.option("--cores", default="all", show_default=True, metavar="N", help="CPU cores to use.")(command)
    return _configs(_input(command))


@main.command()
@_study
def run(configs: tuple[str, ...], source: str | None, cores: str, arguments: tuple[str, ...]) -> None:
    """Run a study, and print its numbers at the end."""
    study = _name(configs)
    _check_folder(Path("results", study))
    _follow(_snakemake(configs, source, cores, arguments), "resume")
    if not arguments:
        _summarise(Path("results", study))


@main.command()
@_study
def resume(configs: tuple[str, ...], source: str | None, cores: str, arguments: tuple[str, ...]) -> None:
    """Go on with a study that was interrupted."""
    study = _name(configs)
    _check_folder(Path("results", study))
    words = _snakemake(configs, source, cores, arguments)
    # -P: a package of our name in the current folder must not come before ours.
    unlock = [sys.executable, "-P", "-m", "snakemake", "--unlock", *words]
    unlocked = subprocess.run(unlock, env=_environment(), capture_output=True, text=True, check=False)
    if unlocked.returncode:
        raise UserError(f"cannot unlock the folder: {_last(unlocked.stdout + unlocked.stderr)}")
    _follow(words, "resume")
    if not arguments:
        _summarise(Path("results", study))


@main.command()
@_configs
@_input
@click.option("--scans", type=int, metavar="N", help="Plan for N scans that you do not have yet.")
def plan(configs: tuple[str, ...], source: str | None, scans: int | None) -> None:
    """Estimate time, memory and disk of a study, by stage."""
    from relmaps.study.estimate import plan

    plan(_files(configs or ("config/config.yaml",)), scans, source and str(Path(source).resolve()))


@main.command()
@_configs
@click.argument("folder", required=False)
def summary(configs: tuple[str, ...], folder: str | None) -> None:
    """Print the numbers of a finished study. FOLDER: results/<study>."""
    _summarise(_folder(folder, configs))


@main.command()
@click.option("--config", metavar="FILE", default="config/config.yaml", show_default=True, help="File of the study.")
def verify(config: str) -> None:
    """Compare a finished study with its record: files, inputs, code."""
    from relmaps.study.verify import main

    sys.exit(main(*_files([config])))


@main.command()
@_configs
@click.option("--cores", default="all", show_default=True, metavar="N", help="CPU cores to use.")
@click.argument("folder", required=False)
def figures(configs: tuple[str, ...], cores: str, folder: str | None) -> None:
    """Redraw figures, tables and report from published files alone."""
    from relmaps.catalogue.figures import REDRAWN

    study = _folder(folder, configs)
    _check_folder(study)
    words = ["--configfile", _write_settings(redraw=study), "--cores", cores, "--rerun-triggers", "mtime"]
    words += ["--allowed-rules", "figures", *REDRAWN, "--forceall", "--", "figures"]
    _follow(["--snakefile", str(ROOT / "Snakefile"), *words], "figures")
    click.echo(f"Report: {study / 'report.html'}")


@main.command()
@click.argument("path", metavar="MAP", type=Path)
@click.option("--threshold", type=float, help="Clusters lie above it.  [default: reference.json, or half the maximum]")
@click.option("--top", default=20, show_default=True, help="How many peaks to print.")
def peaks(path: Path, threshold: float | None, top: int) -> None:
    """Print where a map peaks, in MNI mm."""
    from relmaps.reference.peaks import main

    click.echo(main(path, threshold, top))


def _snakemake(configs: Sequence[str], source: str | None, cores: str, arguments: Sequence[str]) -> list[str]:
    """Arguments of Snakemake for a study."""
    files = _files(configs)
    if source is not None:
        files.append(_write_settings(input=source))
    if files and any(word.partition("=")[0] in ("--configfile", "--configfiles") for word in arguments):
        raise UserError("--configfile after -- would replace what stands before it; give each file as --config FILE")
    # Before an option that takes no value, so that a target in `arguments` is not taken for a file.
    words = ["--snakefile", str(ROOT / "Snakefile"), *(["--configfile", *files] if files else [])]
    return [*words, "--cores", cores, "--rerun-incomplete", *arguments]


def _write_settings(**paths: str | Path) -> str:
    """Write settings that are paths to a configuration file, named by its content.

    Snakemake's own --config takes a path for YAML, in this process and again in each job: it cuts `/a #b` to `/a`, and
    makes a number of `2020` and a mapping of `/a: b`.
    """
    settings = {}
    for key, path in paths.items():
        if not str(path).strip():
            raise UserError(f"--{key} is empty; give a path")
        try:
            settings[key] = os.fsencode(path).decode("utf-8")  # whatever the encoding of the terminal is
        except UnicodeDecodeError:
            raise UserError(f"--{key} {str(path)!a}: the name is not UTF-8; rename it") from None
    text = yaml.safe_dump(settings, allow_unicode=True)
    file = Path(".snakemake/settings", f"{hashlib.sha256(text.encode()).hexdigest()[:16]}.yaml").absolute()
    write_text(text, file)
    return str(file)


def _check_folder(folder: Path) -> None:
    """Refuse a folder of results that cannot be written to, before anything runs."""
    folder = folder.absolute()
    found = next(path for path in (folder, *folder.parents) if path.exists())
    if not is_writable(found):
        raise UserError(f"{found}: cannot be written to; check its permissions, or start relmaps in another folder")


def _files(configs: Sequence[str]) -> list[str]:
    """Configuration files: those of the current folder, or of relmaps where there is none of the name."""
    found = [path if path.is_file() else ROOT / path for path in map(Path, configs)]
    for path, name in zip(found, configs, strict=True):
        if not path.is_file():
            remedy = f"check the path, or take one of {ROOT / 'config'}"
            raise UserError(f"--config {name}: {explain_missing(name, remedy=remedy)}")
    return [str(path.resolve()) for path in found]


def _name(configs: Sequence[str]) -> str:
    """Name of the study that the files describe."""
    from relmaps.study.config import read_config

    files = _files(configs)
    for path in files:
        _check_yaml(path)
    return str(read_config(*files)["study"])


def _check_yaml(path: str) -> None:
    try:
        layer = yaml.safe_load(Path(path).read_text("utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: cannot be read as YAML ({' '.join(str(error).split())}); mend the file") from None
    if not isinstance(layer, dict):
        raise UserError(f"{path}: holds no keys; write KEY: VALUE in each line")


def _folder(folder: str | None, configs: Sequence[str]) -> Path:
    return Path(folder) if folder else Path("results", _name(configs))


def _summarise(folder: Path) -> None:
    from relmaps.report.summary import summarise

    try:
        click.echo("\n".join(summarise(folder)))
    except FileNotFoundError as error:
        raise UserError(f"{error.filename}: no such file; run the study first") from None


def _follow(words: Sequence[str], again: str) -> None:
    """Run Snakemake and show how far it is; its own lines and those of the jobs go to a log file.

    words : its arguments. again : the command that goes on after a failure. Ends this command if Snakemake fails. A
    graph is printed as it is.
    """
    if GRAPHS & set(words):
        snakemake = [sys.executable, "-P", "-m", "snakemake", *words]
        sys.exit(subprocess.run(snakemake, env=_environment(), check=False).returncode)
    log = Path(".snakemake/log", f"{datetime.now():%Y-%m-%dT%H%M%S}.relmaps.log")
    log.parent.mkdir(parents=True, exist_ok=True)
    click.echo(f"Snakemake's log: {log}")
    reader, writer = os.pipe()
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "relmaps.study.launch", *words],
            stdout=file,
            stderr=subprocess.STDOUT,
            pass_fds=[writer],
            env=_environment() | {"RELMAPS_EVENTS": str(writer)},
        )
    os.close(writer)
    stopped: list[int] = []
    # Ctrl-C reaches Snakemake as well, which stops its jobs; this process only waits for it.
    signal.signal(signal.SIGINT, lambda number, frame: stopped.append(number))
    signal.signal(signal.SIGTERM, lambda number, frame: process.terminate())
    progress, screen = Progress(), Screen()
    with os.fdopen(reader, encoding="utf-8") as events:
        for event in events:
            progress.take(json.loads(event))
            screen.show(progress)
    status = process.wait()
    screen.end()
    text = log.read_text("utf-8", errors="replace")
    if not status:
        if not progress.begun:  # a dry run, a graph, or nothing to be done
            click.echo(text, nl=False)
        return
    hint = f"go on with: {shlex.join(['relmaps', again, *sys.argv[2:]])}"
    if stopped:
        click.echo(f"Stopped; {hint}", err=True)
        sys.exit(INTERRUPTED)
    errors = [*progress.failed.values()] or [f"relmaps: {error}" for error in progress.errors or [_last(text)]]
    click.echo("\n".join(errors), err=True)
    if progress.begun:
        click.echo(f"{progress.share} are done; when it is mended, {hint}", err=True)
    sys.exit(status)


def _environment() -> dict[str, str]:
    """This copy of relmaps first, whether it is installed or not."""
    return os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))}


def _last(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1] if lines else "Snakemake gave no message"


class Screen:
    """One line that is written over on a terminal; elsewhere a line for each stage, and one a minute."""

    def __init__(self) -> None:
        self.terminal = sys.stdout.isatty()
        self.stage, self.written = "", time.monotonic()

    def show(self, progress: Progress) -> None:
        """Show the line of a run."""
        if self.terminal:
            width = shutil.get_terminal_size().columns - 1
            click.echo(f"\r{progress.line()[:width]:<{width}}", nl=False)
        elif progress.begun and (
            progress.stage not in ("", self.stage) or time.monotonic() > self.written + LINE_EVERY_S
        ):
            self.stage, self.written = progress.stage, time.monotonic()
            click.echo(progress.line())

    def end(self) -> None:
        """Leave the line."""
        if self.terminal:
            click.echo()


if __name__ == "__main__":
    main(prog_name="relmaps")
