"""How well held-out participants are classified, with bootstrap intervals over participants."""

import numpy as np
import pandas as pd

SELECTED = "selected"


def add_selected(predictions: pd.DataFrame, selection: pd.DataFrame) -> pd.DataFrame:
    """Append the predictions of the network chosen in each fold once more, as the model "selected"."""
    chosen = selection.loc[selection["chosen"].astype(str).str.lower() == "true", ["fold", "model", "seed"]]
    return pd.concat([predictions, predictions.merge(chosen).assign(model=SELECTED)], ignore_index=True)


def performance_table(
    predictions: pd.DataFrame, features: dict[str, str], draws: int, confidence: float, seed: int
) -> pd.DataFrame:
    """Rows of performance.tsv for every model and seed.

    predictions : columns of predictions.tsv; only the role test counts, where each model has every participant once.
    features : the cohort array that each model sees. draws, confidence : percentile intervals from participants drawn
    with replacement within fold and label, the same draws for every model and seed.

    Per fold and seed: the estimates. Over all folds ("all"): balanced accuracy, sensitivity and specificity over all
    participants, ROC AUC as the mean of the folds' AUCs, because scores of different folds have no common scale; with
    intervals, for each seed and for the mean over seeds ("all"). What is undefined is NaN.
    """
    test = predictions[predictions["role"] == "test"]
    scores = test.pivot(index=["fold", "label", "participant_id"], columns=["model", "seed"], values="score")
    if scores.isna().any(axis=None):
        raise ValueError("predictions: some participant is not tested by every model and seed")
    folds = scores.index.get_level_values("fold").to_numpy()
    labels = scores.index.get_level_values("label").to_numpy()
    strata = scores.index.droplevel("participant_id").factorize()[0]
    weights = np.vstack([np.ones(len(strata)), bootstrap_weights(strata, draws, seed)])
    rows = []
    for model in test["model"].unique():
        of_seeds = []
        for training_seed, values in scores[model].items():
            for fold in sorted(set(folds), key=int):
                part = folds == fold
                estimates = measure(values[part].to_numpy(), labels[part], folds[part], weights[:1, part])
                rows += [(model, fold, training_seed, name, one[0], np.nan, np.nan) for name, one in estimates.items()]
            of_seeds.append(measure(values.to_numpy(), labels, folds, weights))
            rows += [(model, "all", training_seed, *row) for row in _with_intervals(of_seeds[-1], confidence)]
        mean = {name: np.mean([one[name] for one in of_seeds], axis=0) for name in of_seeds[0]}
        rows += [(model, "all", "all", *row) for row in _with_intervals(mean, confidence)]
    table = pd.DataFrame(rows, columns=["model", "fold", "seed", "metric", "value", "ci_low", "ci_high"])
    return table.assign(feature=table["model"].map(features), seed=table["seed"].astype(str))


def bootstrap_weights(strata: np.ndarray, draws: int, seed: int) -> np.ndarray:
    """(draws, n) how often each subject is drawn, with replacement within its stratum. strata : (n,) codes."""
    rng = np.random.default_rng(seed)
    weights = np.zeros((draws, len(strata)))
    for stratum in np.unique(strata):
        members = np.flatnonzero(strata == stratum)
        weights[:, members] = rng.multinomial(len(members), np.full(len(members), 1 / len(members)), size=draws)
    return weights


def measure(scores: np.ndarray, labels: np.ndarray, folds: np.ndarray, weights: np.ndarray) -> dict[str, np.ndarray]:
    """Each measure for each row of subject weights.

    scores, labels, folds : (n,). weights : (n_draws, n) multiplicities. Returns (n_draws,) per measure.
    """
    hit = (scores > 0) == (labels == 1)
    with np.errstate(invalid="ignore"):  # 0 / 0 where a class is missing: undefined
        sensitivity, specificity = (
            weights[:, labels == label] @ hit[labels == label] / weights[:, labels == label].sum(axis=1)
            for label in (1, 0)
        )
    areas = [_roc_auc(scores[folds == fold], labels[folds == fold], weights[:, folds == fold]) for fold in set(folds)]
    return {
        "balanced_accuracy": (sensitivity + specificity) / 2,
        "roc_auc": np.mean(areas, axis=0),
        "sensitivity": sensitivity,
        "specificity": specificity,
    }


def _roc_auc(scores: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(n_draws,) weighted share of disease-control pairs in the right order; ties count one half."""
    disease, control = scores[labels == 1][:, None], scores[labels == 0][None, :]
    in_order = (disease > control) + 0.5 * (disease == control)
    of_disease, of_control = weights[:, labels == 1], weights[:, labels == 0]
    with np.errstate(invalid="ignore"):
        pairs = of_disease.sum(axis=1) * of_control.sum(axis=1)
        return ((of_disease @ in_order) * of_control).sum(axis=1) / pairs


def _with_intervals(estimates: dict[str, np.ndarray], confidence: float) -> list[tuple]:
    """(measure, value, low, high): the first draw is the estimate, the others make the interval."""
    tail = (1 - confidence) / 2
    return [(name, values[0], *np.quantile(values[1:], [tail, 1 - tail])) for name, values in estimates.items()]
