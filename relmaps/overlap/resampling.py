"""Subjects drawn with replacement, and what intervals and p-values follow from the draws.

The mean of resampled subjects is noisier than the mean of all, and overlap falls with noise: the draws lie below the
estimate on average. Percentiles of the draws would carry that bias into the interval twice over, so intervals are basic
ones: the draws reflected at the estimate (Davison and Hinkley 1997, Bootstrap Methods and their Application, Eq. 5.6).
"""

import numpy as np
import pandas as pd
from scipy import stats


def subject_weights(participants: pd.Series, splits: pd.DataFrame, n_draws: int, seed: int) -> np.ndarray:
    """How often each subject counts in each draw; drawn within each test fold and label, whose sizes stay.

    Where every subject is tested in every fold, as by models of another study, drawn within each label.

    participants : identifiers in the order of subjects.tsv. splits : classify/splits.tsv.
    Returns (n_draws, n_subjects) int; the same seed gives the same draws for every map, which makes them paired.
    """
    rng = np.random.default_rng(seed)
    test = splits[splits["role"] == "test"].groupby("participant_id").agg({"fold": ",".join, "label": "first"})
    test = test.loc[participants]
    weights = np.zeros((n_draws, len(participants)), dtype=np.int64)
    for _, members in sorted(test.groupby(["fold", "label"]).indices.items()):
        weights[:, members] = rng.multinomial(len(members), np.full(len(members), 1 / len(members)), size=n_draws)
    return weights


def reflected(estimate: np.ndarray, draws: np.ndarray) -> np.ndarray:
    """Draws reflected at the estimate: their quantiles are the ends of the basic bootstrap interval."""
    return 2 * estimate - draws


def basic_interval(estimate: float, draws: np.ndarray, confidence: float, bounds: tuple[float, float]) -> np.ndarray:
    """(low, high) of the basic bootstrap, clipped to what the quantity can be; NaN without draws.

    draws : (n_draws,); draws that are NaN are left out.
    """
    usable = draws[np.isfinite(draws)]
    if not usable.size or not np.isfinite(estimate):
        return np.array([np.nan, np.nan])
    tail = (1 - confidence) / 2
    return np.clip(np.quantile(reflected(estimate, usable), [tail, 1 - tail]), *bounds)


def basic_p(estimate: float, draws: np.ndarray) -> float:
    """Two-sided p of "the quantity is 0", from the same reflected draws as the interval, so that the two agree.

    Twice the share of reflected draws on the rarer side of 0, with one added to both counts (no p is 0); at most 1.
    """
    usable = draws[np.isfinite(draws)]
    if not usable.size or not np.isfinite(estimate):
        return np.nan
    mirrored = reflected(estimate, usable)
    rarer = min((mirrored <= 0).sum(), (mirrored >= 0).sum())
    return min(1.0, 2 * (1 + rarer) / (1 + usable.size))


def corrected_t_p(differences: np.ndarray) -> float:
    """Two-sided p of the mean over folds being 0, by the corrected resampled t-test.

    differences : (n_folds,) of a cross-validation. The folds share training subjects, so the variance of the mean is
    (1 / J + n_test / n_train) s^2 instead of s^2 / J (Nadeau and Bengio 2003, Machine Learning 52:239, Eq. 11); in J
    folds n_test / n_train is 1 / (J - 1). NaN for fewer than 2 folds or no variance. Few folds have little power.
    """
    usable = differences[np.isfinite(differences)]
    J = usable.size
    if J < 2 or usable.std() == 0:
        return np.nan
    standard_error = np.sqrt((1 / J + 1 / (J - 1)) * usable.var(ddof=1))
    return float(2 * stats.t.sf(abs(usable.mean()) / standard_error, J - 1))
