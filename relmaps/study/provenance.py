"""What a study was made from: settings, inputs, code and software, so that somebody else can make it again."""

import platform
import re
import subprocess
from collections.abc import Iterable
from datetime import UTC, datetime
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path, PureWindowsPath

import pandas as pd

import relmaps
from relmaps import ROOT
from relmaps.io.files import hash_file
from relmaps.io.tables import NOT_AVAILABLE

PACKAGES = (
    *(
        "antspyx",
        "captum",
        "dcm2niix",
        "jinja2",
        "matplotlib",
        "nibabel",
        "nilearn",
        "nimare",
        "numpy",
        "pandas",
        "pillow",
    ),
    *("safetensors", "scikit-learn", "scipy", "snakemake", "statsmodels", "torch"),
)
CODE = ("Snakefile", "relmaps", "workflow", "envs")
CODE_SUFFIXES = {"", ".py", ".smk", ".yaml", ".j2", ".css", ".js", ".rst"}


def make_provenance(config: dict, scans: pd.DataFrame, inputs: dict[str, str | Path], code: str) -> dict:
    """Everything but the results themselves. No path of this machine and no participant is in it.

    config : the study's settings. scans : scans.tsv, whose hashes stand for the raw scans, sorted.
    inputs : name -> further input file, such as the foci. code : code_hash of this checkout.
    """
    return {
        "relmaps": relmaps.__version__,
        "written": datetime.now(UTC).isoformat(timespec="seconds"),
        "config": without_folders(config),
        "inputs": {"raw_scans": sorted(scans.sha256.dropna())}
        | {name: hash_file(path) for name, path in inputs.items()},
        "code": code,
        "git_commit": git_commit(ROOT),
        "packages": {name: _version(name) for name in PACKAGES},
        "python": platform.python_version(),
        "platform": platform.platform(),
    }


def without_folders(value: object) -> object:
    """Settings in which each absolute path is cut to its last part: folders of a machine may name people."""
    if isinstance(value, dict):
        return {key: without_folders(item) for key, item in value.items()}
    if isinstance(value, list):
        return [without_folders(item) for item in value]
    if isinstance(value, str) and re.match(r"[/~]|[A-Za-z]:[/\\]|\.\.", value):
        return PureWindowsPath(value).name  # splits at both kinds of slash
    return value


def code_hash(names: Iterable[str] = CODE) -> str:
    """SHA-256 over the names and contents of the workflow's own files, or of the given files and folders of it."""
    digest = sha256()
    found = {path for name in names for path in [ROOT / name, *(ROOT / name).rglob("*")] if path.is_file()}
    for path in sorted(path for path in found if path.suffix in CODE_SUFFIXES and not path.name.startswith(".")):
        digest.update(str(path.relative_to(ROOT)).encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def git_commit(root: Path) -> str:
    """Commit of the checkout, with "+changes" if files differ from it; n/a without git."""
    try:
        commit = _git(root, "rev-parse", "HEAD")
        return commit + ("+changes" if _git(root, "status", "--porcelain", "--untracked-files=no") else "")
    except (OSError, subprocess.CalledProcessError):
        return NOT_AVAILABLE


def _git(root: Path, *words: str) -> str:
    command = ["git", "--no-optional-locks", "-C", str(root), *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return NOT_AVAILABLE
