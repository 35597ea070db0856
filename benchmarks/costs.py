"""What a study will cost, from what finished ones did cost.

    python -m benchmarks.costs measure results/smoke results/demo > benchmarks/costs.tsv
    relmaps plan --config config/paper.yaml --scans 502
    python -m benchmarks.costs check results/demo

The cost of a job is a line, start + unit cost x units, through a small and a large study. Snakemake's own dry run says
how many jobs there are. `--scans` plans for a BIDS folder of that many empty files.
Memory is what the rule asks for.
"""

import argparse
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import yaml
from snakemake.utils import update_config

from benchmarks.bids_tree import write_bids_tree
from benchmarks.rule_texts import rule_texts
from relmaps import ROOT
from relmaps.catalogue.networks import width_of
from relmaps.io.files import read_json
from relmaps.io.resources import explaining_mb, training_mb, voxels_at
from relmaps.io.tables import read_table
from relmaps.study.config import load_config
from relmaps.study.manifest import costs_of

COSTS = ROOT / "benchmarks/costs.tsv"
# ASSUME: one H200-class GPU trains and explains as fast as this many of the cores that were measured; not measured.
GPU_IN_CORES = 200
# Preset -> CPU seconds of a real scan: README.md, "Preprocessing of real scans"; demo is measured in studies.
REAL_SCANS = {"fast": 27.0, "paper": 88.5}
DEMO_CPU_S = 1705  # `make study` from a fresh state; measured in another run than those behind costs.tsv
BODIES = rule_texts()
GPU_RULES = {rule for rule, body in BODIES.items() if "gpu=1" in body}


@dataclass(frozen=True)
class Size:
    """What costs grow with.

    voxels : of the whole grid. channels : of the first block, mean over the networks; width : of the widest.
    """

    scans: int
    voxels: float
    folds: int
    epochs: int
    channels: float
    width: int
    batch: int
    targets: int
    draws: int
    fields: int
    maps: int
    preset: str


def size_of(config: dict, scans: int) -> Size:
    """config : validated settings, as in provenance.json."""
    classify, relevance, overlap = config["classify"], config["relevance"], config["overlap"]
    widths = list(map(width_of, classify["cnn"]["architectures"]))
    return Size(
        scans,
        voxels_at(config["preprocess"]["template"]["voxel_mm"]),
        classify["folds"],
        classify["cnn"]["epochs"],
        sum(widths) / len(widths),
        max(widths),
        classify["cnn"]["batch_size"],
        len({relevance["target"], *relevance["sweep"]["target"]}),
        overlap["bootstrap_draws"],
        overlap["null_fields"],
        len(relevance["methods"]) + 8,  # and linear maps, VBM and baselines
        config["preprocess"]["preset"],
    )


# Rule -> what its cost grows with: its name, and its amount in all jobs. A job of any other rule costs always the same.
UNITS: dict[str, tuple[str, Callable[[Size, int], float]]] = {
    **dict.fromkeys(("simulate_scans", "preprocess_scans", "draw_scans"), ("scan", lambda s, n: s.scans)),
    **dict.fromkeys(
        ("build_array", "build_gram", "map_linear_folds", "pool_map", "pool_variants"),
        ("scan x voxel", lambda s, n: n * s.scans * s.voxels),
    ),
    "train_cnn": (
        "epoch x scan x voxel x channel",
        lambda s, n: n * s.epochs * s.scans * s.voxels * s.channels,
    ),
    "explain_cnn": (
        "scan x voxel x channel x target",
        lambda s, n: n * s.scans / s.folds * s.voxels * s.channels * s.targets,
    ),
    "check_heatmap": ("voxel x channel", lambda s, n: n * s.voxels * s.channels),
    "bootstrap_map": ("draw x voxel", lambda s, n: n * s.draws * s.voxels),
    "draw_null": ("field x voxel", lambda s, n: n * s.fields * s.voxels),
    **dict.fromkeys(("score_maps", "score_variants"), ("map x voxel", lambda s, n: n * s.maps * s.voxels)),
    **dict.fromkeys(
        ("make_template", "build_reference", "build_truth", "simulate_truth", "tabulate_regions", "tabulate_stability"),
        ("voxel", lambda s, n: n * s.voxels),
    ),
}
DISK = {"preprocess": "scan x voxel", "relevance": "scan x voxel", "overlap": "map x voxel", "figures": "study"}


def memory_of(rule: str, size: Size) -> float:
    """MB that a job of the rule asks for at first."""
    asked = re.search(r"mem_mb=growing\((\w+)\)", BODIES[rule])[1]
    if asked == "TRAINING_MB":
        return training_mb(size.width, size.voxels, size.batch)
    return explaining_mb(size.width, size.voxels) if asked == "EXPLAINING_MB" else float(asked)


def measure(studies: list[Path]) -> pd.DataFrame:
    """Lines through finished studies, the largest last: one row per rule, and per stage for its disk."""
    sizes = [_size_of_finished(study) for study in studies]
    found = [costs_of(study).apply(pd.to_numeric, errors="coerce") for study in studies]
    rows = []
    for rule in sorted(set().union(*(costs.index for costs in found))):
        name, units = UNITS.get(rule, ("job", lambda size, jobs: 0))
        points = [
            (units(s, c.jobs) / c.jobs, c.cpu_s / c.jobs)
            for s, costs in zip(sizes, found, strict=True)
            for c in costs[costs.index == rule].itertuples()
        ]
        rows.append((rule, name, *_line(points), 0))
    for preset, seconds in REAL_SCANS.items():
        rows.append((f"preprocess_scans {preset}", "scan", 0, seconds, 0))
    for stage, name in DISK.items():
        last, study = sizes[-1], studies[-1]
        used = sum(path.stat().st_size for path in (study / stage).rglob("*") if path.is_file()) / 1e6
        rows.append((f"disk of {stage}", name, 0, 0, used / _disk_units(stage, last)))
    columns = ["rule", "unit", "start_s", "unit_s", "unit_mb"]
    return pd.DataFrame(rows, columns=columns)


def _line(points: list[tuple[float, float]]) -> tuple[float, float]:
    """Start and slope, neither below 0, of the line through the first and the last point."""
    if not points:
        return 0.0, 0.0
    (x1, y1), (x2, y2) = points[0], points[-1]
    slope = max(0.0, (y2 - y1) / (x2 - x1)) if x2 > x1 else 0.0
    start = y2 - slope * x2
    return (start, slope) if start >= 0 else (0.0, y2 / x2)


def _disk_units(stage: str, size: Size) -> float:
    return {"scan x voxel": size.scans * size.voxels, "map x voxel": size.maps * size.voxels, "study": 1}[DISK[stage]]


def _size_of_finished(study: Path) -> Size:
    return size_of(read_json(study / "provenance.json")["config"], len(read_table(study / "cohort/scans.tsv")))


def predict(size: Size, jobs: dict[str, int]) -> pd.DataFrame:
    """Per rule: stage, jobs, cpu_s on the CPU alone, memory_mb of a job; cpu_s is missing if it was not measured."""
    costs = read_table(COSTS).set_index("rule")
    rows = []
    for rule, number in jobs.items():
        if rule not in costs.index:
            rows.append((rule, _stage_of(rule), number, None, memory_of(rule, size)))
            continue
        preset = f"{rule} {size.preset}"
        cost = costs.loc[preset if preset in costs.index else rule]
        units = UNITS[rule][1](size, number) if rule in UNITS else 0
        seconds = number * cost["start_s"] + cost["unit_s"] * units
        rows.append((rule, _stage_of(rule), number, seconds, memory_of(rule, size)))
    return pd.DataFrame(rows, columns=["rule", "stage", "jobs", "cpu_s", "memory_mb"]).set_index("rule")


def _stage_of(rule: str) -> str:
    """The folder whose `logs` the rule writes to."""
    folder = re.search(r'log:\s+f?"(.+?)/logs', BODIES[rule])[1].rpartition("/")[2].strip("{}")
    return "figures" if folder in ("FIGURES", "TABLES", "PUBLICATION") else folder


def plan(files: list[str], scans: int | None, source: str | None) -> None:
    """Print what each stage of a study will take."""
    with tempfile.TemporaryDirectory() as folder:
        if scans:
            files = ["config/bids.yaml", "config/dryrun.yaml", *files]
            write_bids_tree(Path(folder), scans)
            (Path(folder) / "over.yaml").write_text("cohort: {source: bids, labels: {column: diagnosis}}\n")
            files = [*files, f"{folder}/over.yaml"]
        where = folder if scans else source
        config = _settings(files, where)
        jobs = _planned_jobs(files, where)
    size = size_of(config, scans or _scans_of(config))
    costs = predict(size, jobs)
    print(f"{size.scans} scans, {size.voxels:,.0f} voxels, {sum(jobs.values())} jobs; hours of one core")
    _show(costs, size)
    missing = costs[costs["cpu_s"].isna()].index.tolist()
    if missing:
        print(f"not measured, and not counted: {', '.join(missing)}")


def _show(costs: pd.DataFrame, size: Size) -> None:
    disk = read_table(COSTS).set_index("rule")["unit_mb"]
    print(f"{'stage':<12}{'jobs':>8}{'CPU-h':>10}{'or GPU-h*':>11}{'memory GB':>11}{'disk GB':>9}")
    gpu = costs.index.isin(GPU_RULES)
    for stage, part in costs.groupby("stage", sort=False):
        of_gpu = part.index.isin(GPU_RULES)
        used = disk[f"disk of {stage}"] * _disk_units(stage, size) / 1e3 if stage in DISK else 0
        print(
            f"{stage:<12}{part['jobs'].sum():>8}{part['cpu_s'].sum() / 3600:>10.2f}"
            f"{part.loc[of_gpu, 'cpu_s'].sum() / 3600 / GPU_IN_CORES:>11.2f}"
            f"{part['memory_mb'].max() / 1e3:>11.1f}{used:>9.1f}"
        )
    total, on_gpu = costs["cpu_s"].sum() / 3600, costs.loc[gpu, "cpu_s"].sum() / 3600
    print(f"all on the CPU: {total:.2f} CPU-hours")
    print(f"with a GPU: {total - on_gpu:.2f} CPU-hours and {on_gpu / GPU_IN_CORES:.2f} GPU-hours*")
    print(f"* an assumption, not a measurement: one H200-class GPU does the work of {GPU_IN_CORES} cores")


def check(study: Path) -> int:
    """Print predicted and measured CPU hours of a finished study's stages; 1 if the whole differs by more than 1.5."""
    measured = costs_of(study).apply(pd.to_numeric, errors="coerce")
    measured = measured[measured.index.isin(BODIES)]
    costs = predict(_size_of_finished(study), measured["jobs"].astype(int).to_dict())
    table = costs.assign(measured_s=measured["cpu_s"]).groupby("stage", sort=False)[["cpu_s", "measured_s"]].sum()
    table.loc["all"] = table.sum()
    table["ratio"] = table["cpu_s"] / table["measured_s"]
    print(table.round(2).to_string())
    return int(not 1 / 1.5 <= table.loc["all", "ratio"] <= 1.5)


def _settings(files: list[str], source: str | None) -> dict:
    config = yaml.safe_load((ROOT / "config/config.yaml").read_text())
    for path in files:
        update_config(config, yaml.safe_load((ROOT / path).read_text()))
    return load_config(config | {"input": source or config["input"]})


def _planned_jobs(files: list[str], source: str | None, folder: Path = Path()) -> dict[str, int]:
    """Jobs of each rule, by a dry run in a folder."""
    command = [sys.executable, "-m", "snakemake", "-n", "--forceall", "--quiet", "rules", "--cores", "2"]
    command += ["--snakefile", str(ROOT / "Snakefile"), "--directory", str(folder)]
    command += ["--configfile", *(str(ROOT / path) for path in files), "--config", "study=planned"]
    command += [f"input={source}"] if source else []
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode:
        sys.exit(run.stdout + run.stderr)
    counts = dict(re.findall(r"^(\w+) +(\d+)$", run.stdout + run.stderr, re.M))
    return {rule: int(number) for rule, number in counts.items() if rule in BODIES}


def _scans_of(config: dict) -> int:
    from relmaps.study.plan import plan_study

    return len(plan_study(config).scans)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("measure").add_argument("studies", type=Path, nargs="+")
    commands.add_parser("check").add_argument("study", type=Path)
    given = parser.parse_args()
    if given.command == "measure":
        print(measure(given.studies).to_csv(sep="\t", index=False, float_format="%.4g"), end="")
        return 0
    return check(given.study)


if __name__ == "__main__":
    sys.exit(main())
