"""Probabilities of disease from the decision values of a linear classifier."""

import numpy as np
from sklearn.linear_model import LogisticRegression


def platt(scores: np.ndarray, labels: np.ndarray) -> tuple[float, float]:
    """(slope, intercept) of the probability of disease, 1 / (1 + exp(-(slope * score + intercept))).

    Platt 1999 (Advances in Large Margin Classifiers, 61-74) fits a sigmoid to the targets (N+ + 1) / (N+ + 2) and
    1 / (N- + 2) instead of 1 and 0. A target t is a subject who counts t as disease and 1 - t as control, so that this
    is a logistic regression without penalty.

    scores : (n,) decision values of subjects that the model has not seen. labels : (n,) 0 or 1.
    The slope is not kept from being negative: that is what the fit says where the model orders unseen subjects worse
    than chance. (NaN, NaN) where scores are missing; slope 0 where they are all the same.
    """
    if np.isnan(scores).any():
        return np.nan, np.nan
    diseased = np.sum(labels == 1)
    target = np.where(labels == 1, (diseased + 1) / (diseased + 2), 1 / (len(labels) - diseased + 2))
    centre, spread = scores.mean(), np.ptp(scores)
    if not spread:
        return 0.0, float(np.log(target.mean() / (1 - target.mean())))
    both, counts = np.tile((scores - centre) / spread, 2)[:, None], np.concatenate([target, 1 - target])
    regression = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-10, max_iter=1000)
    regression.fit(both, np.repeat([1, 0], len(scores)), sample_weight=counts)
    slope = regression.coef_[0, 0] / spread
    return float(slope), float(regression.intercept_[0] - slope * centre)
