"""What a study will cost, on the terminal; the model is relmaps/study/cost.py.

    python -m benchmarks.costs measure results/smoke results/demo > relmaps/study/costs.tsv
    python -m benchmarks.costs plan config/paper.yaml --scans 502
    python -m benchmarks.costs check results/demo

Snakemake says how many jobs there are and what memory they ask for. `--scans` plans for a BIDS folder of that many
empty files; else CONFIG and --input say which.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import pandas as pd

from benchmarks.bids_tree import write_bids_tree
from relmaps import ROOT
from relmaps.io.errors import UserError
from relmaps.study.config import load_config, read_config
from relmaps.study.cost import GPU_IN_CORES, Size, disk_gb, measure, predict, size_of, size_of_finished
from relmaps.study.manifest import costs_of
from relmaps.study.plan import plan_study
from relmaps.study.rules import plan_jobs, read_rules


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
        rules, jobs = plan_jobs(files, ROOT, **({"input": where} if where else {}))
    size = size_of(config, scans or len(plan_study(config).scans))
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


def check(study: Path) -> int:
    """Print predicted and measured CPU hours of a finished study's stages; 1 if the whole differs by more than 1.5."""
    measured = costs_of(study).apply(pd.to_numeric, errors="coerce")
    rules = read_rules()
    measured = measured[measured.index.isin(rules)]
    costs = predict(size_of_finished(study), measured["jobs"].astype(int).to_dict(), rules)
    table = costs.assign(measured_s=measured["cpu_s"]).groupby("stage", sort=False)[["cpu_s", "measured_s"]].sum()
    table.loc["all"] = table.sum()
    table["ratio"] = table["cpu_s"] / table["measured_s"]
    print(table.round(2).to_string())
    return int(not 1 / 1.5 <= table.loc["all", "ratio"] <= 1.5)


def _settings(files: list[str], source: str | None) -> dict:
    config = read_config(*(ROOT / path for path in files))
    return load_config(config | {"input": source or config["input"]})


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("measure").add_argument("studies", type=Path, nargs="+")
    commands.add_parser("check").add_argument("study", type=Path)
    planning = commands.add_parser("plan")
    planning.add_argument("config", nargs="+")
    planning.add_argument("--scans", type=int)
    planning.add_argument("--input")
    given = parser.parse_args()
    if given.command == "measure":
        print(measure(given.studies).to_csv(sep="\t", index=False, float_format="%.4g"), end="")
    elif given.command == "check":
        return check(given.study)
    else:
        try:
            plan(given.config, given.scans, given.input)
        except UserError as error:
            sys.exit(f"relmaps: {error}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
