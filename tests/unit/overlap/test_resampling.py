import numpy as np
import pandas as pd
import pytest
from scipy import stats

from relmaps.overlap.metrics import METRICS
from relmaps.overlap.ranking import Ranking
from relmaps.overlap.resampling import basic_interval, basic_p, corrected_t_p, subject_weights


def auc(values, reference):
    return METRICS["roc_auc"](Ranking(values).against(reference))


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


def test_interval_turns_the_percentiles_round_the_estimate(rng):
    draws = rng.normal(0.6, 0.05, 999)
    low, high = np.quantile(draws, [0.05, 0.95])
    np.testing.assert_allclose(basic_interval(0.7, draws, 0.9, (0, 1)), [1.4 - high, 1.4 - low])


def test_interval_stays_in_bounds_and_leaves_out_missing_draws():
    draws = np.array([0.7, 0.8, 0.95, np.nan])
    low, high = basic_interval(0.9, draws, 0.95, (0, 1))
    np.testing.assert_allclose(low, 1.8 - np.quantile([0.7, 0.8, 0.95], 0.975))
    assert high == 1


@pytest.mark.parametrize(("estimate", "draws"), [(0.5, []), (np.nan, [0.1, 0.2]), (0.5, [np.nan, np.nan])])
def test_nothing_drawn_no_interval_and_no_p(estimate, draws):
    assert np.isnan(basic_interval(estimate, np.array(draws), 0.95, (0, 1))).all()
    assert np.isnan(basic_p(estimate, np.array(draws)))


def test_interval_holds_the_population_value_where_percentiles_do_not(rng):
    """Simulated population map + noise: AUC falls with noise, once in the sample and once more in each draw."""
    reference = np.arange(300) < 60
    held = {"basic": 0, "percentile": 0}
    for _ in range(80):
        population = reference * 1.2 + rng.standard_normal(300)
        subjects = population + 2 * rng.standard_normal((40, 300))
        weights = rng.multinomial(40, np.full(40, 1 / 40), size=150)
        truth, estimate, *draws = (auc(v, reference) for v in (population, subjects.mean(0), *(weights @ subjects)))
        low, high = basic_interval(estimate, np.array(draws), 0.95, (0, 1))
        held["basic"] += low <= truth <= high
        low, high = np.quantile(draws, [0.025, 0.975])
        held["percentile"] += low <= truth <= high
    assert held["basic"] > 0.8 * 80
    assert held["percentile"] < 0.65 * 80


@pytest.mark.parametrize("shift", [-0.3, -0.1, 0.05, 0.12, 0.3])
def test_p_is_below_alpha_where_the_interval_excludes_zero(rng, shift):
    draws = rng.normal(shift, 0.1, 1999) ** 3 + shift
    low, high = basic_interval(shift, draws, 0.95, (-9, 9))
    assert (basic_p(shift, draws) < 0.05) == (low > 0 or high < 0)


def test_p_counts_reflected_draws_and_is_never_zero():
    draws = np.array([0.5, 0.6, 0.7, 0.8, 1.3])
    # reflected at .6: .7, .6, .5, .4, -.1
    assert basic_p(0.6, draws) == pytest.approx(2 * (1 + 1) / 6)
    assert basic_p(5.0, draws) == pytest.approx(2 / 6)
    assert basic_p(0.0, np.zeros(9)) == 1


def test_corrected_t_is_a_t_test_with_a_wider_error():
    differences = np.array([0.10, 0.14, 0.05, 0.12, 0.08])
    plain = stats.ttest_1samp(differences, 0).statistic
    # variance s2 (1/5 + 1/4) instead of s2 / 5
    statistic = plain * np.sqrt((1 / 5) / (1 / 5 + 1 / 4))
    assert corrected_t_p(differences) == pytest.approx(2 * stats.t.sf(statistic, 4))
    assert corrected_t_p(-differences) == pytest.approx(corrected_t_p(differences))


@pytest.mark.parametrize("differences", [[0.1], [0.1, np.nan], [0.25, 0.25], []])
def test_corrected_t_needs_two_folds_that_differ(differences):
    assert np.isnan(corrected_t_p(np.array(differences)))
