"""How much accuracy varies between folds and between trainings that differ by their seed alone."""

import numpy as np
import pandas as pd

METRICS = ("balanced_accuracy", "roc_auc")


def variability_table(performance: pd.DataFrame) -> pd.DataFrame:
    """Rows of variability.tsv for each model, from the rows of single folds and seeds of performance.tsv.

    sd_seeds : square root of the mean over folds of the variance (n - 1) over the seeds of a fold. sd_folds : standard
    deviation (n - 1) over folds of the mean over seeds. NaN with a single seed or fold; folds whose value is undefined
    do not count.
    """
    single = performance[
        (performance["fold"] != "all")
        & (performance["seed"].astype(str) != "all")
        & performance["metric"].isin(METRICS)
    ]
    rows = []
    for (model, metric), part in single.groupby(["model", "metric"], sort=False):
        of_folds = part.groupby("fold")["value"]
        rows.append(
            {
                "model": model,
                "metric": metric,
                "sd_folds": of_folds.mean().std(),
                "sd_seeds": np.sqrt(of_folds.var().mean()),
                "n_folds": part["fold"].nunique(),
                "n_seeds": part["seed"].nunique(),
            }
        )
    return pd.DataFrame(rows, columns=["model", "metric", "sd_folds", "sd_seeds", "n_folds", "n_seeds"])
