"""Label permutations over participants: the accuracy of a model on them is that of chance, or of leakage.

    python -m relmaps.classify.permutation results/demo/classify/permutations.tsv

prints the mean balanced accuracy of each model over the label permutations, and fails where it is not that of chance.
"""

import sys

import numpy as np
import pandas as pd

from relmaps.io.errors import UserError
from relmaps.io.tables import read_table

CHANCE = (0.45, 0.55)  # bounds of a mean over permutations


def permute_labels(subjects: pd.DataFrame, seed: int) -> pd.DataFrame:
    """subjects.tsv with its labels permuted; all else stays with its participant."""
    return subjects.assign(label=np.random.default_rng(seed).permutation(subjects["label"].to_numpy()))


def null_table(performances: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """permutation, model, metric, value over all folds and seeds. performances : permutation -> performance.tsv."""
    tables = []
    for permutation, performance in performances.items():
        whole = performance[(performance["fold"] == "all") & (performance["seed"] == "all")]
        tables.append(whole[["model", "metric", "value"]].assign(permutation=permutation))
    return pd.concat(tables, ignore_index=True)[["permutation", "model", "metric", "value"]]


def judge_null(null: pd.DataFrame) -> pd.DataFrame:
    """Balanced accuracy per model: number of permutations, mean, sd, largest deviation from .5, and at_chance.

    at_chance : whether the mean lies within CHANCE.
    """
    rows = null[null["metric"] == "balanced_accuracy"].groupby("model", sort=False)["value"]
    table = rows.agg(permutations="count", mean="mean", sd="std").reset_index()
    table["largest_deviation"] = rows.agg(lambda values: np.abs(values - 0.5).max()).to_numpy()
    table["at_chance"] = table["mean"].between(*CHANCE)
    return table


if __name__ == "__main__":
    try:
        judged = judge_null(read_table(sys.argv[1]))
    except (UserError, IndexError) as error:
        sys.exit(f"relmaps: {error}; run make check-null")
    print(judged.to_string(index=False, float_format="{:.3f}".format))
    if not judged["at_chance"].all():
        sys.exit(f"relmaps: mean balanced accuracy on permuted labels is outside {CHANCE[0]} to {CHANCE[1]}")
