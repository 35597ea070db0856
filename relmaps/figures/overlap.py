"""The headline cell of scores.tsv, and the table of overlap made from it."""

import pandas as pd

from relmaps.catalogue.maps import family_of

METRICS = ("roc_auc", "average_precision", "dice", "dice_max")
OF_AUC = ["null_p_spatial", "null_p_labels", "retraining_sd"]


def is_true(column: pd.Series) -> pd.Series:
    """Rows that say true, whether pandas read the column as text or as booleans."""
    return column.astype(str).str.lower() == "true"


def headline_scores(scores: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Rows of the group maps at the headline: one per map and reference, with value, ci_low and ci_high."""
    return scores[is_true(scores["headline"]) & (scores["fold"] == "all") & (scores["metric"] == metric)]


def overlap_table(scores: pd.DataFrame) -> pd.DataFrame:
    """One row per reference and map, best first: each metric at the headline, and the range of ROC AUC over the sweep.

    Columns: reference, map, family, then <metric>, <metric>_ci_low, <metric>_ci_high, roc_auc_sweep_low, _high, and for
    ROC AUC null_p_spatial, null_p_labels and retraining_sd.
    """
    keys = ["reference", "map"]
    table = scores[keys].drop_duplicates().assign(family=lambda rows: rows["map"].map(family_of))
    for metric in METRICS:
        columns = {"value": metric, "ci_low": f"{metric}_ci_low", "ci_high": f"{metric}_ci_high"}
        table = table.merge(
            headline_scores(scores, metric)[[*keys, *columns]].rename(columns=columns), on=keys, how="left"
        )
    nulls = headline_scores(scores, "roc_auc")[[*keys, *OF_AUC]]
    table = table.merge(nulls, on=keys, how="left")
    cells = scores[(scores["metric"] == "roc_auc") & (scores["fold"] == "all")].groupby(keys)["value"]
    sweep = cells.agg(roc_auc_sweep_low="min", roc_auc_sweep_high="max").reset_index()
    table = table.merge(sweep, on=keys, how="left")
    return table.sort_values(["reference", "roc_auc", "map"], ascending=[True, False, True]).reset_index(drop=True)
