"""The table of held-out predictions, alike for every model, and the choice of a network from its validation part."""

import logging
import math

import numpy as np
import pandas as pd

log = logging.getLogger("relmaps")


def prediction_table(
    subjects: pd.DataFrame, rows: np.ndarray, scores: np.ndarray, *, model: str, fold: str, seed: int, role: str
) -> pd.DataFrame:
    """Columns of predictions.tsv for some subjects. scores : (n_rows,) evidence for disease, above 0 predicts it."""
    part = subjects.iloc[rows]
    columns = {"participant_id": part["participant_id"], "role": role, "label": part["label"], "score": scores}
    return pd.DataFrame({"model": model, "fold": fold, "seed": seed} | columns)


def compute_cross_entropy(scores: np.ndarray, labels: np.ndarray) -> float:
    """Mean cross-entropy of two-class logits, which depends on their difference alone. NaN without subjects."""
    return float(np.logaddexp(0, -(2 * labels - 1) * scores).mean()) if len(scores) else math.nan


def select_networks(predictions: pd.DataFrame, networks: list[str]) -> pd.DataFrame:
    """Per fold the network with the lowest mean validation loss over its seeds; test scores play no part.

    predictions : columns of predictions.tsv. networks : names of those to choose from. Those that tie, or have no
    validation part, rank in the table's order.
    Returns fold, model, seed, validation_loss, chosen (true | false).
    """
    candidates = predictions[predictions["model"].isin(networks)]
    rows = []
    for (fold, model, seed), part in candidates.groupby(["fold", "model", "seed"], sort=False):
        used = part[part["role"] == "validation"]
        rows.append((fold, model, seed, compute_cross_entropy(used["score"].to_numpy(), used["label"].to_numpy())))
    table = pd.DataFrame(rows, columns=["fold", "model", "seed", "validation_loss"])
    chosen = {}
    for fold, part in table.groupby("fold", sort=False):
        losses = part.groupby("model", sort=False)["validation_loss"].mean()
        if losses.isna().any():
            log.info("fold %s has no validation part: its network is the first of the configuration", fold)
        chosen[fold] = losses.index[0] if losses.isna().any() else losses.idxmin()
        log.info("fold %s: %s", fold, chosen[fold])
    table["chosen"] = np.where(table["model"] == table["fold"].map(chosen), "true", "false")
    return table


def chosen_networks(selection: pd.DataFrame) -> list[tuple[str, str]]:
    """(fold, model) of each fold's choice, in the order of the folds. selection : selection.tsv."""
    chosen = selection[selection["chosen"].astype(str).str.lower() == "true"].drop_duplicates(["fold", "model"])
    chosen = chosen.sort_values("fold", key=lambda folds: folds.astype(int))
    return list(zip(chosen["fold"], chosen["model"], strict=True))


def chosen_in(selection: pd.DataFrame, fold: str, model: str) -> bool:
    """Whether a model is the choice of a fold."""
    return (fold, model) in chosen_networks(selection)
