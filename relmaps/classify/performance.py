"""How well held-out participants are classified, with bootstrap intervals over participants."""

import numpy as np
import pandas as pd
from scipy.special import expit

from relmaps.catalogue.confounds import COVARIATES
from relmaps.catalogue.estimators import ESTIMATORS
from relmaps.catalogue.models import SELECTED, find_model, is_confound

CALIBRATION_BINS = 5


def add_selected(predictions: pd.DataFrame, selection: pd.DataFrame) -> pd.DataFrame:
    """Append the predictions of the network chosen in each fold once more, as the model "selected"."""
    chosen = selection.loc[selection["chosen"].astype(str).str.lower() == "true", ["fold", "model", "seed"]]
    return pd.concat([predictions, predictions.merge(chosen).assign(model=SELECTED)], ignore_index=True)


def add_probability(predictions: pd.DataFrame, platt: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """The predictions with a column `probability`: of disease, 0 to 1.

    A score of networks and of the logistic regression on covariates is a difference of logits, so its sigmoid is the
    probability. A linear model's score s is a decision value: sigmoid(platt_slope * s + platt_intercept), Platt 1999.
    platt : linear model -> fold, platt_slope, platt_intercept, found without the test part. Where they are missing the
    probability is NaN; ValueError if the table of a linear model or one of its folds is.
    """
    lines = pd.concat([table.assign(model=model) for model, table in platt.items()]) if platt else pd.DataFrame()
    lines = lines.reindex(columns=["model", "fold", "platt_slope", "platt_intercept"])
    table = predictions.merge(lines, on=["model", "fold"], how="left", validate="many_to_one", indicator="scaled")
    linear = np.array([find_model(name).kind == "linear" for name in predictions["model"]], dtype=bool)
    missing = table.loc[linear & (table["scaled"] == "left_only"), "model"].unique()
    if len(missing):
        raise ValueError(f"no Platt scaling for some fold of {', '.join(missing)}")
    logits = np.where(linear, table["platt_slope"] * table["score"] + table["platt_intercept"], table["score"])
    return predictions.assign(probability=expit(logits))


def overall(performance: pd.DataFrame, metric: str) -> pd.DataFrame:
    """One row per model with value, ci_low and ci_high over all folds and seeds.

    Linear models come first, then networks and the selected one, then confound models in this order, covariates last.
    """
    rows = performance[
        (performance["fold"] == "all") & (performance["seed"] == "all") & (performance["metric"] == metric)
    ]
    places = {model: place for place, model in enumerate(ESTIMATORS)} | {SELECTED: 8, COVARIATES: 9}
    rows = rows.assign(
        control=rows["model"].map(is_confound), place=[places.get(find_model(name).base, 5) for name in rows["model"]]
    ).sort_values(["control", "place", "model"])
    return rows[["model", "value", "ci_low", "ci_high"]].reset_index(drop=True)


def performance_table(
    predictions: pd.DataFrame, features: dict[str, str], samples: int, confidence: float, seed: int
) -> pd.DataFrame:
    """Rows of performance.tsv for every model and seed.

    predictions : columns of predictions.tsv, and probability; only the role test counts. In each fold all models have
    the same participants, each once; a participant may be tested in several folds.
    features : the cohort array that each model sees. samples, confidence : percentile intervals from drawn
    participants, see `participant_weights`; the same samples for every model and seed.

    Per fold and seed: the estimates. Over all folds ("all"): ROC AUC as the mean of the folds' AUCs, because scores of
    different folds have no common scale, all else over all predictions; with intervals, for each seed and for the mean
    over seeds ("all"). What is undefined is NaN.
    """
    test = predictions[predictions["role"] == "test"]
    table = test.pivot(
        index=["fold", "label", "participant_id"], columns=["model", "seed"], values=["score", "probability"]
    )
    if table["score"].isna().any(axis=None):
        raise ValueError("predictions: some participant is not tested by every model and seed")
    folds, labels, participants = (table.index.get_level_values(name).to_numpy() for name in table.index.names)
    resampled = participant_weights(folds, labels, participants, samples, seed)
    weights = np.vstack([np.ones(len(table)), resampled])
    rows = []
    for model in test["model"].unique():
        of_seeds = []
        for training_seed, scores in table["score"][model].items():
            values = scores.to_numpy()
            probabilities = table["probability"][model][training_seed].to_numpy()
            for fold in sorted(set(folds), key=int):
                part = folds == fold
                estimates = measure(values[part], probabilities[part], labels[part], folds[part], weights[:1, part])
                rows += [(model, fold, training_seed, name, one[0], np.nan, np.nan) for name, one in estimates.items()]
            of_seeds.append(measure(values, probabilities, labels, folds, weights))
            rows += [(model, "all", training_seed, *row) for row in _with_intervals(of_seeds[-1], confidence)]
        mean = {name: np.mean([one[name] for one in of_seeds], axis=0) for name in of_seeds[0]}
        rows += [(model, "all", "all", *row) for row in _with_intervals(mean, confidence)]
    result = pd.DataFrame(rows, columns=["model", "fold", "seed", "metric", "value", "ci_low", "ci_high"])
    return result.assign(feature=result["model"].map(features), seed=result["seed"].astype(str))


def participant_weights(
    folds: np.ndarray, labels: np.ndarray, participants: np.ndarray, samples: int, seed: int
) -> np.ndarray:
    """(samples, n) how often the participant of each prediction is drawn. folds, labels, participants : (n,).

    Participants are drawn with replacement among those of the same label that are tested in the same folds, and a draw
    counts in all of them: in a cross-validation that is within fold and label, and where finished models are applied
    to new participants, each of whom is tested in every fold, within label.
    """
    rows = pd.DataFrame({"participant": participants, "label": labels, "folds": folds})
    people = rows.groupby("participant").agg({"label": "first", "folds": lambda names: " ".join(sorted(names))})
    strata = people.groupby(["label", "folds"]).ngroup().to_numpy()
    return bootstrap_weights(strata, samples, seed)[:, people.index.get_indexer(participants)]


def bootstrap_weights(strata: np.ndarray, samples: int, seed: int) -> np.ndarray:
    """(samples, n) how often each subject is drawn, with replacement within its stratum. strata : (n,) codes."""
    rng = np.random.default_rng(seed)
    weights = np.zeros((samples, len(strata)))
    for stratum in np.unique(strata):
        members = np.flatnonzero(strata == stratum)
        weights[:, members] = rng.multinomial(len(members), np.full(len(members), 1 / len(members)), size=samples)
    return weights


def measure(
    scores: np.ndarray, probabilities: np.ndarray, labels: np.ndarray, folds: np.ndarray, weights: np.ndarray
) -> dict[str, np.ndarray]:
    """Each measure for each row of weights.

    scores, probabilities, labels, folds : (n,). weights : (n_bootstrap, n) multiplicities. Returns (n_bootstrap,) per
    measure.
    """
    sensitivity, specificity = hit_rates((scores > 0) == (labels == 1), labels, weights)
    areas = [_roc_auc(scores[folds == fold], labels[folds == fold], weights[:, folds == fold]) for fold in set(folds)]
    total = weights.sum(axis=1)
    return {
        "balanced_accuracy": (sensitivity + specificity) / 2,
        "roc_auc": np.mean(areas, axis=0),
        "sensitivity": sensitivity,
        "specificity": specificity,
        "brier": weights @ (probabilities - labels) ** 2 / total,
        "calibration_in_the_large": weights @ (probabilities - labels) / total,
        "calibration_error": _calibration_error(probabilities, labels, weights),
    }


def hit_rates(hit: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sensitivity and specificity (n_bootstrap,). hit : (n,) whether it is right; others as in `measure`."""
    with np.errstate(invalid="ignore"):  # 0 / 0 where a class is missing: undefined
        sensitivity, specificity = (
            weights[:, labels == label] @ hit[labels == label] / weights[:, labels == label].sum(axis=1)
            for label in (1, 0)
        )
    return sensitivity, specificity


def calibration_bins(probabilities: np.ndarray) -> np.ndarray:
    """(n,) bin of each probability from 0, of equal count but for ties: its edges are quantiles of the same values."""
    edges = np.quantile(probabilities, np.arange(1, CALIBRATION_BINS) / CALIBRATION_BINS)
    return np.searchsorted(edges, probabilities, side="left")


def percentile_interval(values: np.ndarray, confidence: float) -> tuple[float, float]:
    """Ends of the interval that holds the share `confidence` of the samples (n_bootstrap,) in its middle."""
    tail = (1 - confidence) / 2
    low, high = np.quantile(values, [tail, 1 - tail])
    return low, high


def _calibration_error(probabilities: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(n_bootstrap,) expected calibration error (Naeini et al. 2015) over bins that are the same in each draw.

    That is the sum over bins of the bin's weight times |mean probability - share with disease|.
    """
    if np.isnan(probabilities).any():
        return np.full(len(weights), np.nan)
    excess = (probabilities - labels)[:, None] * (calibration_bins(probabilities)[:, None] == range(CALIBRATION_BINS))
    return np.abs(weights @ excess).sum(axis=1) / weights.sum(axis=1)


def _roc_auc(scores: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(n_bootstrap,) weighted share of disease-control pairs in the right order; ties count one half."""
    disease, control = scores[labels == 1][:, None], scores[labels == 0][None, :]
    in_order = (disease > control) + 0.5 * (disease == control)
    of_disease, of_control = weights[:, labels == 1], weights[:, labels == 0]
    with np.errstate(invalid="ignore"):
        pairs = of_disease.sum(axis=1) * of_control.sum(axis=1)
        return ((of_disease @ in_order) * of_control).sum(axis=1) / pairs


def _with_intervals(estimates: dict[str, np.ndarray], confidence: float) -> list[tuple]:
    """(measure, value, low, high): the first draw is the estimate, the others make the interval."""
    return [(name, values[0], *percentile_interval(values[1:], confidence)) for name, values in estimates.items()]
