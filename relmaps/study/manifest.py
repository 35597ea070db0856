"""What a finished study consists of: the hash of every published file, and what each rule took on which device."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from relmaps import ROOT
from relmaps.io.files import sha256_of
from relmaps.io.tables import NOT_AVAILABLE

# Tables, maps, models and pictures that others read. No name of a participant is in any of these paths.
PUBLISHED = (
    *("cohort/*.tsv", "cohort/*.json", "preprocess/*.tsv", "preprocess/*.json", "preprocess/*.png"),
    *("classify/*.tsv", "classify/*.json", "classify/cards/*.*", "classify/cnn/*/*.safetensors"),
    *("relevance/*.tsv", "relevance/*.json", "relevance/*/*.tsv", "relevance/*/*.json"),
    *("relevance/*/group.nii.gz", "relevance/*/*/fold-*.nii.gz", "reference/*/*.nii.gz", "reference/*/*.json"),
    *("overlap/*.tsv", "overlap/*.json", "overlap/growth/*.*", "figures/*.*", "figures/maps/*.*", "tables/*.*"),
    *("report.html", "provenance.json"),
)
SCRIPTS = "workflow/scripts"


def manifest_of(results: str | Path) -> dict:
    """The manifest of a study whose results lie in a folder, all of whose other jobs are done."""
    return {
        "written": datetime.now(UTC).isoformat(timespec="seconds"),
        "devices": devices_of(results),
        "rules": costs_of(results).to_dict("index"),
        "files": {name: sha256_of(Path(results, name)) for name in published_files(results)},
    }


def published_files(results: str | Path) -> list[str]:
    """Paths below the folder, sorted."""
    found = {path for pattern in PUBLISHED for path in Path(results).glob(pattern) if path.is_file()}
    return sorted(str(path.relative_to(results)) for path in found if not path.name.startswith("."))


def costs_of(results: str | Path) -> pd.DataFrame:
    """One row per rule: script, jobs, wall_s and cpu_s summed over its jobs, and memory_mb of the largest one.

    Of a job that was repeated only the last run counts, as Snakemake keeps no other.
    """
    rows = []
    for rule, path in _files_by_rule(results, "benchmarks", ".tsv"):
        measured = pd.read_csv(path, sep="\t", na_values=["-", "NA"]).iloc[0]
        rows.append((rule, 1, measured["s"], measured["cpu_time"], measured["max_rss"]))
    jobs = pd.DataFrame(rows, columns=["rule", "jobs", "wall_s", "cpu_s", "memory_mb"])
    costs = jobs.groupby("rule").agg({"jobs": "sum", "wall_s": "sum", "cpu_s": "sum", "memory_mb": "max"}).round(1)
    costs.insert(0, "script", [f"{SCRIPTS}/{rule}.py" for rule in costs.index])
    return costs.astype(object).where(costs.notna(), NOT_AVAILABLE)


def devices_of(results: str | Path) -> dict[str, list[str]]:
    """Rule -> the devices that its jobs ran on, by their logs; of rules that may use a GPU alone."""
    devices: dict[str, set[str]] = {}
    for rule, path in _files_by_rule(results, "logs", ".log"):
        told = re.search(r"^[\d:]{8} device ([^:;\n]+)", path.read_text(encoding="utf-8"), re.M)
        if told:
            devices.setdefault(rule, set()).add(told[1])
    return {rule: sorted(names) for rule, names in sorted(devices.items())}


def _files_by_rule(results: str | Path, kind: str, suffix: str) -> Iterator[tuple[str, Path]]:
    """Rule and path of each file in the folders of that name; the files' names begin with the rule's."""
    rules = sorted((path.stem for path in (ROOT / SCRIPTS).glob("*.py")), key=len, reverse=True)
    for folder in sorted(Path(results).rglob(kind)):
        for path in sorted(folder.rglob(f"*{suffix}")):
            name = str(path.relative_to(folder))
            rule = next((rule for rule in rules if re.match(rf"{rule}\b|{rule}_", name)), None)
            if rule is not None:  # else it is of a rule that another version had
                yield rule, path
