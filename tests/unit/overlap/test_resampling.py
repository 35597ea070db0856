import numpy as np
import pandas as pd
import pytest
from scipy import stats

from relmaps.overlap.metrics import METRICS
from relmaps.overlap.resampling import corrected_t_p, interval, noise_scale, null_p, subject_weights, two_sided_p


@pytest.fixture
def splits():
    """Two folds of 4 + 6 test subjects with labels in turn; every subject also appears in the other fold's training."""
    names = [f"sub-{number:02d}" for number in range(10)]
    rows = []
    for fold, tested in (("1", names[:4]), ("2", names[4:])):
        for number, name in enumerate(names):
            rows.append((fold, name, number % 2, "test" if name in tested else "train"))
    return pd.DataFrame(rows, columns=["fold", "participant_id", "label", "role"])


def test_weights_keep_the_size_of_each_fold_and_label(splits, rng):
    participants = pd.Series([f"sub-{number:02d}" for number in rng.permutation(10)])
    weights = subject_weights(participants, splits, 50, seed=1)
    assert weights.shape == (50, 10)
    for names in (["sub-00", "sub-02"], ["sub-01", "sub-03"], ["sub-04", "sub-06", "sub-08"]):
        np.testing.assert_array_equal(weights[:, participants.isin(names)].sum(axis=1), len(names))
    assert weights.std() > 0


def test_weights_are_multinomial(splits):
    participants = pd.Series([f"sub-{number:02d}" for number in range(10)])
    weights = subject_weights(participants, splits, 20_000, seed=1)[:, [4, 6, 8]]
    np.testing.assert_allclose(weights.mean(axis=0), 1, atol=0.03)
    np.testing.assert_allclose(weights.var(axis=0), 1 - 1 / 3, atol=0.03)
    np.testing.assert_allclose(np.cov(weights.T)[0, 1], -1 / 3, atol=0.03)


def test_subjects_that_every_fold_tests_are_drawn_within_their_label(splits):
    names = [f"sub-{number:02d}" for number in range(10)]
    everyone = [(fold, name, number % 2, "test") for fold in "12" for number, name in enumerate(names)]
    table = pd.DataFrame(everyone, columns=splits.columns)
    weights = subject_weights(pd.Series(names), table, 50, seed=1)
    np.testing.assert_array_equal(weights[:, ::2].sum(axis=1), 5)
    np.testing.assert_array_equal(weights[:, 1::2].sum(axis=1), 5)
    assert (weights[:, :4].sum(axis=1) != 4).any(), "not within the folds that would have tested them"


def test_same_seed_same_weights(splits):
    participants = pd.Series([f"sub-{number:02d}" for number in range(10)])
    first, again, other = (subject_weights(participants, splits, 20, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_noise_scale_gives_draws_the_variance_of_a_mean(splits):
    participants = pd.Series([f"sub-{number:02d}" for number in range(10)])
    weights = subject_weights(participants, splits, 500, seed=1)
    weights = weights[(weights != 1).any(axis=1)]
    scale = noise_scale(weights)
    # variance of sum_i (w_i - 1) x_i / n with independent x_i of variance 1
    np.testing.assert_allclose(scale**2 * np.sum((weights - 1) ** 2, axis=1) / 100, 1 / 10)
    assert noise_scale(np.ones((1, 10))) == 0


def test_interval_is_the_middle_of_the_draws(rng):
    samples = rng.normal(0.6, 0.05, 999)
    np.testing.assert_allclose(interval(samples, 0.9), np.quantile(samples, [0.05, 0.95]))
    np.testing.assert_array_equal(interval(np.append(samples, np.nan), 0.9), interval(samples, 0.9))


@pytest.mark.parametrize("samples", [[], [np.nan, np.nan]])
def test_nothing_drawn_no_interval_and_no_p(samples):
    assert np.isnan(interval(np.array(samples), 0.95)).all()
    assert np.isnan(two_sided_p(np.array(samples)))


@pytest.mark.parametrize("shift", [-0.3, -0.1, 0.05, 0.12, 0.3])
def test_p_is_below_alpha_where_the_interval_excludes_zero(rng, shift):
    samples = rng.normal(shift, 0.1, 1999) ** 3 + shift
    low, high = interval(samples, 0.95)
    assert (two_sided_p(samples) < 0.05) == (low > 0 or high < 0)


def test_p_counts_the_rarer_side_and_is_never_zero():
    assert two_sided_p(np.array([-0.1, 0.4, 0.5, 0.6, 0.7])) == pytest.approx(2 * (1 + 1) / 6)
    assert two_sided_p(np.array([1.0, 2, 3, 4, 5])) == pytest.approx(2 / 6)
    assert two_sided_p(np.zeros(9)) == 1


def test_corrected_t_is_a_t_test_with_a_wider_error():
    differences = np.array([0.10, 0.14, 0.05, 0.12, 0.08])
    plain = stats.ttest_1samp(differences, 0).statistic
    # variance s2 (1/5 + 1/4) instead of s2 / 5
    statistic = plain * np.sqrt((1 / 5) / (1 / 5 + 1 / 4))
    assert corrected_t_p(differences, 5) == pytest.approx(2 * stats.t.sf(statistic, 4))
    assert corrected_t_p(-differences, 5) == pytest.approx(corrected_t_p(differences, 5))


@pytest.mark.parametrize("differences", [[0.1], [0.1, np.nan], [0.25, 0.25], []])
def test_corrected_t_needs_two_folds_that_differ(differences):
    assert np.isnan(corrected_t_p(np.array(differences), 5))


def test_several_seeds_give_more_runs_but_the_same_share_of_test_subjects():
    differences = np.array([0.10, 0.14, 0.05, 0.12, 0.08, 0.02])  # three folds, two seeds
    error = np.sqrt((1 / 6 + 1 / 2) * differences.var(ddof=1))
    assert corrected_t_p(differences, 3) == pytest.approx(2 * stats.t.sf(differences.mean() / error, 5))


def test_p_under_a_null_is_never_zero_and_cannot_be_had_without_a_null():
    auc, distance = METRICS["roc_auc"], METRICS["centre_distance_mm"]
    assert null_p(0.9, np.array([0.1, 0.2, np.nan]), auc) == pytest.approx(1 / 3)
    assert null_p(0.1, np.array([0.1, 0.2]), auc) == 1
    assert null_p(0.1, np.array([0.2, 0.3]), distance) == pytest.approx(1 / 3)
    assert np.isnan(null_p(0.9, np.array([]), auc))
    assert np.isnan(null_p(np.nan, np.array([0.1]), auc))
