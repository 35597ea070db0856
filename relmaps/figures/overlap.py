"""The primary analysis specification of scores.tsv, and the table of overlap made from it."""

import pandas as pd

from relmaps.catalogue.maps import find_family

METRICS = ("roc_auc", "tissue_adjusted_auc", "average_precision", "dice", "dice_max")
OF_AUC = ["null_p_spatial", "null_p_labels", "retraining_sd"]


def is_true(column: pd.Series) -> pd.Series:
    """Rows that say true, whether pandas read the column as text or as booleans."""
    return column.astype(str).str.lower() == "true"


def primary_scores(scores: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Rows of the group maps in the primary analysis: one per map and reference, with value, ci_low and ci_high."""
    return scores[is_true(scores["primary"]) & (scores["fold"] == "all") & (scores["metric"] == metric)]


def overlap_table(scores: pd.DataFrame) -> pd.DataFrame:
    """One row per reference and map, best first: each metric in the primary analysis, and the range of ROC AUC over the
    multiverse.

    Columns: reference, map, family, then <metric>, <metric>_ci_low, <metric>_ci_high, roc_auc_multiverse_low, _high,
    and for ROC AUC null_p_spatial, null_p_labels and retraining_sd.
    """
    keys = ["reference", "map"]
    table = scores[keys].drop_duplicates().assign(family=lambda rows: rows["map"].map(find_family))
    for metric in METRICS:
        columns = {"value": metric, "ci_low": f"{metric}_ci_low", "ci_high": f"{metric}_ci_high"}
        table = table.merge(
            primary_scores(scores, metric)[[*keys, *columns]].rename(columns=columns), on=keys, how="left"
        )
    nulls = primary_scores(scores, "roc_auc")[[*keys, *OF_AUC]]
    table = table.merge(nulls, on=keys, how="left")
    specifications = scores[(scores["metric"] == "roc_auc") & (scores["fold"] == "all")].groupby(keys)["value"]
    multiverse = specifications.agg(roc_auc_multiverse_low="min", roc_auc_multiverse_high="max").reset_index()
    table = table.merge(multiverse, on=keys, how="left")
    return table.sort_values(["reference", "roc_auc", "map"], ascending=[True, False, True]).reset_index(drop=True)
