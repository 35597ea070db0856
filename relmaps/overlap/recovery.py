"""recovery.tsv: which maps recover the ground truth."""

from collections.abc import Iterable

import pandas as pd

from relmaps.overlap.scores import primary_rows

MINIMUM_AUC = 0.75  # fixed before any overlap was looked at
METRIC = "roc_auc"
COLUMNS = [
    "map",
    "auc",
    "ci_low",
    "ci_high",
    "worst_baseline",
    "difference",
    "difference_ci_low",
    "difference_ci_high",
    "recovered",
]


def recovery_table(
    scores: pd.DataFrame, comparisons: pd.DataFrame, baselines: list[str], unjudged: Iterable[str] = ()
) -> pd.DataFrame:
    """One row per map that is no baseline and not `unjudged`, such as prior knowledge.

    A map recovers the ground truth if its primary ROC AUC against it is at least MINIMUM_AUC and its paired difference
    to every baseline has an interval above 0. The baseline shown is the one whose interval reaches lowest, where the
    baseline would be hardest to beat. Without a ground truth, or with an empty one: NaN.
    """
    names = [name for name in scores["map"].unique() if name not in {*baselines, *unjudged}]
    overall = primary_rows(scores).query("fold == 'all' and reference_kind == 'ground_truth' and metric == @METRIC")
    known = overall.dropna(subset="value").set_index("map")
    truths = known["reference"].unique()
    against_truth = comparisons[comparisons["reference"].isin(truths) & (comparisons["metric"] == METRIC)]
    rows = [
        _row(name, known.loc[name], against_truth, baselines) if name in known.index else {"map": name}
        for name in names
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def _row(name: str, score: pd.Series, comparisons: pd.DataFrame, baselines: list[str]) -> dict:
    differences = pd.concat([_differences(name, baseline, comparisons) for baseline in baselines], ignore_index=True)
    worst = differences.sort_values("low", na_position="first").iloc[0]
    beaten = bool((differences["low"] > 0).all())
    return {
        "map": name,
        "auc": score["value"],
        "ci_low": score["ci_low"],
        "ci_high": score["ci_high"],
        "worst_baseline": worst["baseline"],
        "difference": worst["difference"],
        "difference_ci_low": worst["low"],
        "difference_ci_high": worst["high"],
        "recovered": "true" if score["value"] >= MINIMUM_AUC and beaten else "false",
    }


def _differences(name: str, baseline: str, comparisons: pd.DataFrame) -> pd.DataFrame:
    """Map minus baseline, whichever of the two stands first in the comparison."""
    forward = comparisons[(comparisons["map_a"] == name) & (comparisons["map_b"] == baseline)]
    backward = comparisons[(comparisons["map_a"] == baseline) & (comparisons["map_b"] == name)]
    rows = [(row.difference, row.ci_low, row.ci_high) for row in forward.itertuples()]
    rows += [(-row.difference, -row.ci_high, -row.ci_low) for row in backward.itertuples()]
    if len(rows) != 1:
        raise ValueError(f"{name} and {baseline} have {len(rows)} comparisons instead of one")
    return pd.DataFrame(rows, columns=["difference", "low", "high"]).assign(baseline=baseline)
