"""What a finished study consists of: the hash of every published file, and what each rule took on which device."""

from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from relmaps import ROOT
from relmaps.io.files import hash_file, read_json

# Tables, maps, models and pictures that others read. No name of a participant is in any of these paths.
PUBLISHED = (
    *("cohort/*.tsv", "cohort/*.json", "preprocess/*.tsv", "preprocess/*.json", "preprocess/*.png"),
    *("classify/*.tsv", "classify/*.json", "classify/cards/*.*", "classify/cnn/*/*.safetensors"),
    *("relevance/*.tsv", "relevance/*.json", "relevance/*/*.tsv", "relevance/*/*.json"),
    *("relevance/*/group.nii.gz", "relevance/*/*/fold-*.nii.gz", "reference/*/*.nii.gz", "reference/*/*.json"),
    *(
        "overlap/*.tsv",
        "overlap/*.json",
        "overlap/sample_size_curve/*.*",
        "figures/*.*",
        "figures/maps/*.*",
        "tables/*.*",
    ),
    *("report.html", "provenance.json"),
)
SCRIPTS = "workflow/scripts"


def make_manifest(results: str | Path) -> dict:
    """The manifest of a study whose results lie in a folder, all of whose other jobs are done."""
    return {
        "written": datetime.now(UTC).isoformat(timespec="seconds"),
        "devices": read_devices(results),
        "rules": read_costs(results).to_dict("index"),
        "files": {name: hash_file(Path(results, name)) for name in published_files(results)},
    }


def published_files(results: str | Path) -> list[str]:
    """Paths below the folder, sorted."""
    found = {path for pattern in PUBLISHED for path in Path(results).glob(pattern) if path.is_file()}
    return sorted(str(path.relative_to(results)) for path in found if not path.name.startswith("."))


def read_costs(results: str | Path) -> pd.DataFrame:
    """One row per rule: script, jobs, wall_s and cpu_s summed over its jobs, and memory_mb of the largest one.

    Of a job that was repeated only the last run counts.
    """
    jobs = _read_jobs(results)
    costs = jobs.groupby("rule").agg(
        jobs=("rule", "size"), wall_s=("wall_s", "sum"), cpu_s=("cpu_s", "sum"), memory_mb=("memory_mb", "max")
    )
    costs.insert(0, "script", [f"{SCRIPTS}/{rule}.py" for rule in costs.index])
    return costs.round(1)


def read_devices(results: str | Path) -> dict[str, list[str]]:
    """Rule -> the devices that its jobs ran on; of rules that run networks alone."""
    jobs = _read_jobs(results)
    of_networks = jobs[jobs["device"].notna()]
    return {str(rule): sorted(set(devices)) for rule, devices in of_networks.groupby("rule")["device"]}


def _read_jobs(results: str | Path) -> pd.DataFrame:
    """What each job used, as it wrote it beside its log; jobs of rules that another version had are left out."""
    used = [read_json(path) for path in sorted(Path(results).rglob("logs/**/*.json"))]
    jobs = pd.DataFrame(used, columns=["rule", "device", "wall_s", "cpu_s", "memory_mb"])
    return jobs[jobs["rule"].isin([path.stem for path in (ROOT / SCRIPTS).glob("*.py")])]
