"""Whether synthetic atrophy comes back: VBM t-map against the ground truth, on real scans.

    python -m benchmarks.synthetic_atrophy /data/bids --severity 4 8

Every T1w scan of the folder counts as a control, whatever its group; half are given the disease, and the study runs up
to its VBM t-map on a 2 mm grid (results/synthetic-atrophy-<severity>). Age and sex are left out of the model: they
would take the few degrees of freedom of a small sample. Printed per severity: correlation of t with the truth inside
the grey matter mask, AUC of t for the truth's mask there, and mean t inside the mask and in the rest of the grey
matter.
"""

import argparse
import csv
import subprocess
import sys
from pathlib import Path

import numpy as np
import yaml
from scipy.stats import spearmanr
from sklearn.metrics import roc_auc_score

from relmaps import ROOT
from relmaps.io.images import load_grid, read_map, read_mask
from relmaps.preprocess.template import template_paths

SPACE = "MNI152NLin2009aSym"


def run(folder: str, severity: float, seed: int, cores: str) -> Path:
    """Run the study up to its VBM t-map; its results folder."""
    study = f"synthetic-atrophy-{severity:g}"
    results = ROOT / "results" / study
    results.mkdir(parents=True, exist_ok=True)
    paths = sorted(Path(folder).resolve().glob("sub-*/**/anat/*_T1w.nii.gz"))
    if not paths:
        sys.exit(f"{folder}: no sub-*/anat/*_T1w.nii.gz; give a BIDS folder")
    with open(results / "scans.csv", "w", newline="", encoding="utf-8") as file:
        rows = [(path.name.split("_")[0], path, "control") for path in paths]
        csv.writer(file).writerows([("participant", "path", "group"), *rows])
    settings = yaml.safe_load((ROOT / "config/synthetic-atrophy.yaml").read_text(encoding="utf-8"))
    settings["study"] = study
    settings["cohort"] |= {"source": "table", "covariates": {"age": None, "sex": None, "site": None}}
    settings["cohort"]["table"] = {"participant": "participant", "path": "path", "session": None}
    settings["cohort"]["synthetic_atrophy"] |= {"severity": severity, "seed": seed}
    settings["classify"] = {"folds": 2}
    (results / "config.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    targets = [f"results/{study}/relevance/vbm_t/group.nii.gz", f"results/{study}/reference/truth/map.nii.gz"]
    command = [sys.executable, "-m", "snakemake", *targets, "--cores", cores, "--quiet", "all"]
    command += ["--configfile", str(results / "config.yaml"), "--config", f"input={results / 'scans.csv'}"]
    subprocess.run(command, cwd=ROOT, check=True)
    return results


def row(results: Path, severity: float) -> str:
    template = template_paths(results / "preprocess/template", SPACE)
    grid = load_grid(template["brain_mask"], SPACE)
    inside = read_mask(template["gm_mask"], grid)
    t = read_map(results / "relevance/vbm_t/group.nii.gz", grid)[inside]
    truth = read_map(results / "reference/truth/map.nii.gz", grid)[inside]
    lost = read_mask(results / "reference/truth/mask.nii.gz", grid)[inside]
    numbers = (
        np.corrcoef(t, truth)[0, 1],
        spearmanr(t, truth).statistic,
        roc_auc_score(lost, t),
        t[lost].mean(),
        t[~lost].mean(),
    )
    return "\t".join([f"{severity:g}", *(f"{number:.2f}" for number in numbers)])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder")
    parser.add_argument("--severity", nargs="+", type=float, default=[4.0, 8.0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cores", default="all")
    arguments = parser.parse_args()
    lines = [row(run(arguments.folder, s, arguments.seed, arguments.cores), s) for s in arguments.severity]
    print("severity\tPearson r\tSpearman r\tROC AUC\tmean t, lost\tmean t, rest", *lines, sep="\n")
