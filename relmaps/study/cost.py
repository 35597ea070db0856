"""What a study will cost, from what finished ones did cost.

The cost of a job is a line, start + unit cost x units, through a small and a large study.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from relmaps import ROOT
from relmaps.catalogue.maps import LINEAR_KINDS, MODEL_FREE, PREDICTION_MAPS, TRUTH_MAPS
from relmaps.catalogue.networks import find_width
from relmaps.catalogue.renamed import read_provenance
from relmaps.cohort.truth import find_truth
from relmaps.io.resources import voxels_at
from relmaps.io.tables import read_table
from relmaps.study.manifest import read_costs
from relmaps.study.rules import Rule

COSTS = ROOT / "relmaps/study/costs.tsv"
# ASSUME: one H200-class GPU trains and explains as fast as this many of the cores that were measured; not measured.
GPU_IN_CORES = 200
# Preset -> CPU seconds of a real scan: README.md, "Preprocessing of real scans"; demo is measured in studies.
REAL_SCANS = {"fast": 27.0, "paper": 88.5}


@dataclass(frozen=True)
class Size:
    """What costs grow with.

    voxels : of the whole grid. channels : of the first block, mean over the networks.
    """

    scans: int
    voxels: float
    folds: int
    epochs: int
    channels: float
    targets: int
    draws: int
    fields: int
    maps: int
    preset: str


def compute_size(config: dict, scans: int) -> Size:
    """config : validated settings, as in provenance.json."""
    classify, relevance, overlap = config["classify"], config["relevance"], config["overlap"]
    linear_maps = len(classify["linear"]["models"]) * (len(LINEAR_KINDS) + 1)  # and the contributions
    others = [*MODEL_FREE, "untrained", *PREDICTION_MAPS, *(TRUTH_MAPS if find_truth(config) else [])]
    widths = list(map(find_width, classify["cnn"]["architectures"]))
    return Size(
        scans,
        voxels_at(config["preprocess"]["template"]["voxel_mm"]),
        classify["folds"],
        classify["cnn"]["epochs"],
        sum(widths) / len(widths),
        len({relevance["target"], *relevance["multiverse"]["target"]}),
        overlap["n_bootstrap"],
        overlap["n_surrogates"],
        len(relevance["methods"]) + linear_maps + len(others),
        config["preprocess"]["preset"],
    )


# Rule -> what its cost grows with: its name, and its amount in all jobs. A job of any other rule costs always the same.
UNITS: dict[str, tuple[str, Callable[[Size, int], float]]] = {
    **dict.fromkeys(("simulate_scans", "preprocess_scans", "plot_scans"), ("scan", lambda s, n: s.scans)),
    **dict.fromkeys(
        ("build_array", "build_gram", "explain_linear", "map_linear_folds", "pool_map", "pool_variants"),
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
    "score_surrogates": ("field x voxel", lambda s, n: n * s.fields * s.voxels),
    **dict.fromkeys(("score_maps", "score_variants"), ("map x voxel", lambda s, n: n * s.maps * s.voxels)),
    **dict.fromkeys(
        ("make_template", "build_reference", "build_truth", "simulate_truth", "tabulate_regions", "tabulate_stability"),
        ("voxel", lambda s, n: n * s.voxels),
    ),
}
DISK = {"preprocess": "scan x voxel", "relevance": "scan x voxel", "overlap": "map x voxel", "figures": "study"}


def measure(studies: list[Path]) -> pd.DataFrame:
    """Lines through finished studies, the largest last: one row per rule, and per stage for its disk."""
    sizes = [size_of_finished(study) for study in studies]
    found = [read_costs(study).apply(pd.to_numeric, errors="coerce") for study in studies]
    rows: list[tuple] = []
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


def size_of_finished(study: Path) -> Size:
    return compute_size(
        read_provenance(study / "provenance.json")["config"], len(read_table(study / "cohort/scans.tsv"))
    )


def predict(size: Size, jobs: dict[str, int], rules: dict[str, Rule]) -> pd.DataFrame:
    """Per rule: stage, jobs, cpu_s on the CPU alone, memory_mb of a job, gpu; cpu_s is missing if it was not measured.

    rules : of the study.
    """
    costs = read_table(COSTS).set_index("rule")
    rows = []
    for rule, number in jobs.items():
        asked = rules[rule]
        if rule not in costs.index:
            rows.append((rule, asked.stage, number, None, asked.memory_mb, asked.gpu))
            continue
        preset = f"{rule} {size.preset}"
        cost = costs.loc[preset if preset in costs.index else rule]
        units = UNITS[rule][1](size, number) if rule in UNITS else 0
        seconds = number * cost["start_s"] + cost["unit_s"] * units
        rows.append((rule, asked.stage, number, seconds, asked.memory_mb, asked.gpu))
    return pd.DataFrame(rows, columns=["rule", "stage", "jobs", "cpu_s", "memory_mb", "gpu"]).set_index("rule")


def disk_gb(stage: str, size: Size) -> float:
    """GB that a stage leaves on the disk."""
    if stage not in DISK:
        return 0.0
    return read_table(COSTS).set_index("rule").loc[f"disk of {stage}", "unit_mb"] * _disk_units(stage, size) / 1e3
