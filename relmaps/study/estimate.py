"""What a study will take, on the terminal; the model is relmaps/study/cost.py."""

import tempfile
from pathlib import Path

import pandas as pd

from relmaps import ROOT
from relmaps.study.bids_tree import write_bids_tree
from relmaps.study.config import load_config, read_config
from relmaps.study.cost import GPU_IN_CORES, Size, compute_size, disk_gb, predict
from relmaps.study.plan import plan_study
from relmaps.study.rules import plan_jobs


def plan(files: list[str], scans: int | None, source: str | None) -> None:
    """Print the time, memory and disk that each stage of a study will take.

    Parameters
    ----------
    files : configuration files.
    scans : plan for a BIDS folder of that many empty files instead of the study's own scans.
    source : folder or table of the scans.
    """
    with tempfile.TemporaryDirectory() as folder:
        if scans:
            files = ["config/bids.yaml", "config/dryrun.yaml", *files]
            write_bids_tree(Path(folder), scans)
            (Path(folder) / "over.yaml").write_text("cohort: {source: bids, labels: {column: diagnosis}}\n")
            files = [*files, f"{folder}/over.yaml"]
        where = folder if scans else source
        config = _settings(files, where)
        rules, jobs = plan_jobs(files, Path(), **({"input": where} if where else {}))
    size = compute_size(config, scans or len(plan_study(config).scans))
    costs = predict(size, jobs, rules)
    print(f"{size.scans} scans, {size.voxels:,.0f} voxels, {sum(jobs.values())} jobs; hours of one core")
    _show(costs, size)
    missing = costs[costs["cpu_s"].isna()].index.tolist()
    if missing:
        print(f"not measured, and not counted: {', '.join(missing)}")


def _show(costs: pd.DataFrame, size: Size) -> None:
    print(f"{'stage':<12}{'jobs':>8}{'CPU-h':>10}{'or GPU-h*':>11}{'memory GB':>11}{'disk GB':>9}")
    for stage, part in costs.groupby("stage", sort=False):
        print(
            f"{stage:<12}{part['jobs'].sum():>8}{part['cpu_s'].sum() / 3600:>10.2f}"
            f"{part.loc[part['gpu'], 'cpu_s'].sum() / 3600 / GPU_IN_CORES:>11.2f}"
            f"{part['memory_mb'].max() / 1e3:>11.1f}{disk_gb(str(stage), size):>9.1f}"
        )
    total, on_gpu = costs["cpu_s"].sum() / 3600, costs.loc[costs["gpu"], "cpu_s"].sum() / 3600
    print(f"all on the CPU: {total:.2f} CPU-hours")
    print(f"with a GPU: {total - on_gpu:.2f} CPU-hours and {on_gpu / GPU_IN_CORES:.2f} GPU-hours*")
    print(f"* an assumption, not a measurement: one H200-class GPU does the work of {GPU_IN_CORES} cores")


def _settings(files: list[str], source: str | None) -> dict:
    config = read_config(*(ROOT / path for path in files))
    return load_config(config | {"input": source or config["input"]})
