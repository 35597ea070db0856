"""Whether two models are right for the same held-out participants: exact McNemar tests of all pairs."""

from itertools import combinations

import numpy as np
import pandas as pd
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests

from relmaps.catalogue.estimators import ESTIMATORS
from relmaps.catalogue.models import SELECTED, is_confound
from relmaps.classify.performance import hit_rates, participant_weights, percentile_interval

COLUMNS = ["model_a", "model_b", "n", "only_a_right", "only_b_right", "difference", "ci_low", "ci_high", "p", "p_holm"]


def compare_models(predictions: pd.DataFrame, samples: int, confidence: float, seed: int) -> pd.DataFrame:
    """Rows of model_comparisons.tsv: all pairs of the selected network, the linear models and the confound models.

    predictions : columns of predictions.tsv, with the model "selected"; only the role test counts.
    p : exact McNemar test (McNemar 1947, Psychometrika 12:153) on who is predicted rightly by one model alone; p_holm :
    after Holm's correction (1979, Scand J Stat 6:65) over all pairs. difference : balanced accuracy of a minus b, with
    a percentile interval from participants drawn as for performance.tsv, the same for both models.
    """
    test = predictions[predictions["role"] == "test"]
    present = list(test["model"].unique())
    models = [model for model in (SELECTED, *ESTIMATORS) if model in present]
    models += [model for model in present if is_confound(model)]
    decided = decisions(test[test["model"].isin(models)])
    if decided.isna().any(axis=None):
        raise ValueError("predictions: some participant is not tested by every model")
    labels = decided.index.get_level_values("label").to_numpy()
    hits = decided.eq(labels, axis=0)
    weights = np.vstack([np.ones(len(decided)), _sample_weights(decided, test, samples, seed)])
    accuracies = {model: np.mean(hit_rates(hits[model].to_numpy(), labels, weights), axis=0) for model in models}
    rows = []
    for a, b in combinations(models, 2):
        only_a, only_b = int((hits[a] & ~hits[b]).sum()), int((hits[b] & ~hits[a]).sum())
        difference = accuracies[a] - accuracies[b]
        p = mcnemar([[0, only_a], [only_b, 0]], exact=True).pvalue  # where both or none are right plays no part
        interval = percentile_interval(difference[1:], confidence)
        rows.append((a, b, len(hits), only_a, only_b, difference[0], *interval, p))
    table = pd.DataFrame(rows, columns=COLUMNS[:-1])
    return table.assign(p_holm=multipletests(table["p"], method="holm")[1] if rows else [])


def decisions(test: pd.DataFrame) -> pd.DataFrame:
    """What each model predicts for each participant: 1 disease, 0 control; index label and participant_id.

    test : columns of predictions.tsv. Seeds are joined by their mean score. Scores of different folds have no common
    scale, so a participant tested in several folds gets what most of them predict, and disease where they tie.
    """
    people = ["label", "participant_id"]
    scores = test.groupby(["model", "fold", *people])["score"].mean()
    share = (scores > 0).groupby(["model", *people]).mean()
    return (share >= 0.5).astype(int).unstack("model")


def _sample_weights(decided: pd.DataFrame, test: pd.DataFrame, samples: int, seed: int) -> np.ndarray:
    """(samples, n_participants) as `participant_weights` of the predictions, in the order of the decisions."""
    rows = test[["fold", "label", "participant_id"]].drop_duplicates()
    folds, labels, participants = (rows[name].to_numpy() for name in rows)
    weights = participant_weights(folds, labels, participants, samples, seed)
    first = pd.Series(np.arange(len(rows)), rows["participant_id"]).groupby(level=0).first()
    return weights[:, first[decided.index.get_level_values("participant_id")].to_numpy()]
