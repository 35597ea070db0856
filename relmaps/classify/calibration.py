"""Whether predicted probabilities of disease are as often right as they say: the table behind a reliability diagram."""

import numpy as np
import pandas as pd

from relmaps.catalogue.estimators import ESTIMATORS
from relmaps.catalogue.models import SELECTED
from relmaps.classify.performance import CALIBRATION_BINS, calibration_bins, participant_weights

CALIBRATED = (*ESTIMATORS, SELECTED)
COLUMNS = ["model", "bin", "n", "mean_probability", "observed", "ci_low", "ci_high"]


def calibration_table(predictions: pd.DataFrame, samples: int, confidence: float, seed: int) -> pd.DataFrame:
    """Rows of calibration.tsv: the predictions of each model in five bins of equal count, by rising probability.

    predictions : columns of predictions.tsv, and probability; only the role test counts. Probabilities are averaged
    over seeds; a participant that is tested in several folds counts in each. A model with an undefined probability is
    left out, and a bin that ties leave empty is NaN.
    samples, confidence : percentile intervals from participants drawn as for performance.tsv. Bins stay as they are,
    and samples that leave a bin empty do not count for it.
    """
    rows = []
    for model in CALIBRATED:
        mine = predictions[(predictions["model"] == model) & (predictions["role"] == "test")]
        mean = mine.groupby(["fold", "label", "participant_id"])["probability"].mean().reset_index()
        if mean.empty or mine["probability"].isna().any():
            continue
        folds, labels, participants = (mean[name].to_numpy() for name in ("fold", "label", "participant_id"))
        probabilities = mean["probability"].to_numpy()
        weights = participant_weights(folds, labels, participants, samples, seed)
        bins = calibration_bins(probabilities)
        for number in range(CALIBRATION_BINS):
            part = bins == number
            row = [model, number + 1, int(part.sum())]
            if not part.any():
                rows.append([*row, *[np.nan] * 4])
                continue
            row += [probabilities[part].mean(), labels[part].mean()]
            rows.append([*row, *_interval_of_share(labels[part], weights[:, part], confidence)])
    return pd.DataFrame(rows, columns=COLUMNS)


def _interval_of_share(labels: np.ndarray, weights: np.ndarray, confidence: float) -> np.ndarray:
    drawn = weights.sum(axis=1)
    shares = (weights @ labels)[drawn > 0] / drawn[drawn > 0]
    return np.quantile(shares, [(1 - confidence) / 2, (1 + confidence) / 2])
