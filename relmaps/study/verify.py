"""Whether a finished study is still what it was: relmaps verify --config config/config.yaml.

Files, inputs, code and software are compared with manifest.json and provenance.json; each difference is one line.
"""

import platform
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from relmaps.catalogue.references import REFERENCE_SOURCES
from relmaps.cohort.dicom import hash_of_series
from relmaps.io.errors import UserError
from relmaps.io.files import hash_file, read_json
from relmaps.io.tables import NOT_AVAILABLE, read_table
from relmaps.study.config import read_config
from relmaps.study.provenance import code_hash


def differences(results: str | Path, references: dict) -> Iterator[str]:
    """One line per difference. references : the configuration's `reference`, which says where its files lie.

    Raises UserError if the folder holds no finished study.
    """
    results = Path(results)
    manifest, made = _read(results / "manifest.json"), _read(results / "provenance.json")
    yield from _changed_files(results, manifest["files"])
    yield from _changed_scans(results / "cohort/scans.tsv")
    yield from _changed_references(results, made["inputs"], references)
    if made["code"] != (now := code_hash()):
        commit = "" if made["git_commit"] == NOT_AVAILABLE else f" (commit {made['git_commit']})"
        yield f"code: differs from that of the study{commit}: {made['code'][:12]} then, {now[:12]} now"
    known = made["packages"] | {"python": made["python"]}
    for package, then in known.items():
        if then not in (NOT_AVAILABLE, now := _version(package)):
            yield f"{package}: {then} then, {now} now"


def _changed_files(results: Path, files: dict[str, str]) -> Iterator[str]:
    for name, digest in files.items():
        if not (results / name).is_file():
            yield f"{results / name}: missing"
        elif hash_file(results / name) != digest:
            yield f"{results / name}: changed since the study was finished"


def _changed_scans(table: Path) -> Iterator[str]:
    scans = read_table(table) if table.is_file() else None  # which was told as a missing file
    for scan in () if scans is None else scans.dropna(subset="sha256").itertuples():
        try:
            now = hash_of_series(scan.path) if Path(scan.path).is_dir() else hash_file(scan.path)
        except OSError as error:
            yield f"input {scan.path}: cannot be read ({error.strerror})"
        else:
            if now != scan.sha256:
                yield f"input {scan.path}: changed since the study was made"


def _changed_references(results: Path, inputs: dict, references: dict) -> Iterator[str]:
    for name, settings in references.items():
        path = Path(REFERENCE_SOURCES[settings["source"]].evidence(name, settings, str(results)))
        if name not in inputs:
            yield f"input reference.{name}: was not among those of the study"
        elif not path.is_file():
            yield f"input {path}: missing"
        elif hash_file(path) != inputs[name]:
            yield f"input {path}: changed since the study was made"


def _read(path: Path) -> dict:
    try:
        return read_json(path)
    except (OSError, ValueError) as error:
        raise UserError(f"{path}: no finished study ({error}); run the study first") from None


def _version(package: str) -> str:
    try:
        return platform.python_version() if package == "python" else version(package)
    except PackageNotFoundError:
        return "not installed"


def main(config: str | Path) -> int:
    """Print the differences of the study of a configuration file, or one line if there is none; the exit status."""
    settings = read_config(config)
    results = Path("results", str(settings["study"]))
    try:
        found = list(differences(results, settings["reference"]))
        n_files = len(read_json(results / "manifest.json")["files"])
    except UserError as error:
        found = [str(error)]
    if found:
        print("\n".join(found))
        return 1
    print(f"{results}: {n_files} files, the inputs, the code and the software are unchanged")
    return 0
