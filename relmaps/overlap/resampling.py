"""Subjects drawn with replacement, and what follows from samples and nulls: intervals and p-values."""

import numpy as np
import pandas as pd

from relmaps.overlap.metrics import Metric


def subject_weights(participants: pd.Series, splits: pd.DataFrame, n_bootstrap: int, seed: int) -> np.ndarray:
    """How often each subject counts in each draw; drawn within each test fold and label, whose sizes stay.

    Where every subject is tested in every fold, as by models of another study, drawn within each label.

    participants : identifiers in the order of subjects.tsv. splits : classify/splits.tsv.
    Returns (n_bootstrap, n_subjects) int; the same seed gives the same samples for every map, which makes them paired.
    """
    rng = np.random.default_rng(seed)
    test = tested_in(participants, splits)
    weights = np.zeros((n_bootstrap, len(participants)), dtype=np.int64)
    for _, members in sorted(test.groupby(["fold", "label"]).indices.items()):
        weights[:, members] = rng.multinomial(len(members), np.full(len(members), 1 / len(members)), size=n_bootstrap)
    return weights


def tested_in(participants: pd.Series, splits: pd.DataFrame) -> pd.DataFrame:
    """fold and label of each participant; who is tested in every fold, by models of another study, is in one of all."""
    tested = splits[splits["role"] == "test"].groupby("participant_id").agg({"fold": ",".join, "label": "first"})
    return tested.loc[participants].reset_index(drop=True)


def noise_scale(weights: np.ndarray) -> np.ndarray:
    """(n_bootstrap,) factor that gives what a draw adds to a mean of n subjects as much variance as the mean itself
    has.

    weights : (n_bootstrap, n_subjects) multiplicities w. A draw adds sum_i (w_i - 1) x_i / n, whose variance is that of
    one subject times sum_i (w_i - 1)^2 / n^2; it should be 1 / n of it. In few subjects per stratum the sum falls short
    of n on average (Rao and Wu 1988, J Am Stat Assoc 83:231), and it varies between samples, which in a map of many
    independent voxels would feign that the amount of noise is uncertain. A draw of every subject once has factor 0.
    """
    spread = np.sum((weights - 1.0) ** 2, axis=1)
    return np.sqrt(weights.shape[1] / np.where(spread > 0, spread, np.inf))


def interval(samples: np.ndarray, confidence: float) -> np.ndarray:
    """(low, high): the middle `confidence` of (n_bootstrap,); samples that are NaN are left out; NaN without any."""
    usable = samples[np.isfinite(samples)]
    if not usable.size:
        return np.array([np.nan, np.nan])
    tail = (1 - confidence) / 2
    return np.quantile(usable, [tail, 1 - tail])


def two_sided_p(samples: np.ndarray) -> float:
    """p of "the quantity is 0" from the same samples as its interval, so that the two agree.

    Twice the share of samples on the rarer side of 0, with one added to both counts (no p is 0); at most 1.
    """
    usable = samples[np.isfinite(samples)]
    if not usable.size:
        return np.nan
    rarer = min((usable <= 0).sum(), (usable >= 0).sum())
    return min(1.0, 2 * (1 + rarer) / (1 + usable.size))


def max_t_p(samples: np.ndarray) -> np.ndarray:
    """p of "the quantity is 0" for each of several quantities, adjusted for all of them by step-down max-T.

    Westfall and Young 1993, Resampling-Based Multiple Testing; Romano and Wolf 2005, Econometrica 73:1237. T is the
    absolute median of a quantity's samples over their standard deviation, so that quantities in other units or with
    more noise count alike. Quantities are tested in the order of T, each against the largest T that a sample has over
    the quantities not yet tested, with every quantity's samples minus their median. The median is always inside
    `interval`, and `two_sided_p` of samples whose median is 0 is 1. Whether samples are reflected, as those of
    relmaps.overlap.bootstrap are, does not change |T|.

    No adjusted p is below the quantity's own `two_sided_p`, or below the adjusted p of a quantity with a larger T. So
    where an adjusted p is below alpha, the interval excludes 0. The smallest is 2 / (1 + n_bootstrap): one is added to
    both counts (Phipson and Smyth 2010, Stat Appl Genet Mol Biol 9:39), and `two_sided_p` counts both sides of 0.

    Parameters
    ----------
    samples : (n_bootstrap, n_quantities) array
        A row is one sample of subjects, for all quantities. Each column varies. A sample in which any quantity is NaN
        is left out of the null distribution, because its largest T is not known.

    Returns
    -------
    (n_quantities,) array
    """
    samples = np.where(np.isfinite(samples), samples, np.nan)
    middle, spread = np.nanmedian(samples, axis=0), np.nanstd(samples, axis=0)
    order = np.argsort(-np.abs(middle) / spread, kind="stable")
    samples, middle, spread = samples[:, order], middle[order], spread[order]
    null = np.abs(samples[np.isfinite(samples).all(axis=1)] - middle) / spread
    largest = np.maximum.accumulate(null[:, ::-1], axis=1)[:, ::-1]  # over the quantities from this one on
    together = (1 + (largest >= np.abs(middle) / spread).sum(axis=0)) / (1 + len(null))
    alone = [two_sided_p(column) for column in samples.T]
    adjusted = np.empty(len(order))
    adjusted[order] = np.maximum.accumulate(np.maximum(together, alone))
    return adjusted


def null_p(value: float, null: np.ndarray, metric: Metric) -> float:
    """p of a score under a null: (1 + number of null scores at least as good) / (1 + n); NaN without a null.

    Phipson and Smyth 2010, Stat Appl Genet Mol Biol 9:39; the smallest p is 1 / (1 + n).
    """
    null = null[np.isfinite(null)]
    if not null.size or not np.isfinite(value):
        return np.nan
    as_good = null >= value if metric.higher_is_better else null <= value
    return float((1 + as_good.sum()) / (1 + null.size))
