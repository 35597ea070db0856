"""Held-out accuracy of SVM and network over several simulated cohorts, without looking at any map.

python benchmarks/accuracy.py [--cores 2] [--configfile FILE] SEED [SEED ...]

Runs each cohort up to results/accuracy-<seed>/classify/performance.tsv and prints balanced accuracy and ROC AUC per
seed and their mean.
"""

import argparse
import subprocess
import sys
from pathlib import Path

import pandas as pd

ROOT = Path(__file__).resolve().parent.parent


def main(seeds: list[int], cores: str, configfile: str | None) -> None:
    tables = []
    for seed in seeds:
        study = f"accuracy-{seed}"
        target = f"results/{study}/classify/performance.tsv"
        command = [sys.executable, "-m", "snakemake", "--cores", cores, "--quiet", "all"]
        command += ["--configfile", configfile] if configfile else []
        command += ["--config", f"study={study}", f"seed={seed}", "--", target]
        subprocess.run(command, cwd=ROOT, check=True)
        table = pd.read_csv(ROOT / target, sep="\t", dtype={"fold": str, "seed": str})
        tables.append(table[(table["fold"] == "all") & (table["seed"] == "all")].assign(cohort_seed=seed))
    results = pd.concat(tables)
    results = results[results["metric"].isin(["balanced_accuracy", "roc_auc"])]
    wide = results.pivot_table(index="cohort_seed", columns=["model", "metric"], values="value")
    wide.loc["mean"] = wide.mean()
    print(wide.round(3).to_string())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("seeds", nargs="+", type=int)
    parser.add_argument("--cores", default="all")
    parser.add_argument("--configfile", help="settings that differ from config/config.yaml")
    arguments = parser.parse_args()
    main(arguments.seeds, arguments.cores, arguments.configfile)
