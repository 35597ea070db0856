import numpy as np
import pandas as pd
import pytest

from relmaps.overlap.metrics import METRICS
from relmaps.overlap.resampling import interval, max_t_p, noise_scale, null_p, subject_weights, two_sided_p


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


def compute_max_t_p(samples):
    """Step-down max-T by its definition: one quantity, one step and one sample at a time."""
    middle, spread, alone = {}, {}, {}
    for column in range(samples.shape[1]):
        usable = [value for value in samples[:, column] if np.isfinite(value)]
        middle[column], spread[column] = np.median(usable), np.std(usable)
        alone[column] = two_sided_p(samples[:, column])
    left, adjusted, highest = list(middle), {}, 0.0
    while left:
        tested = max(left, key=lambda column: abs(middle[column]) / spread[column])
        as_large = complete = 0
        for row in samples:
            if not np.isfinite(row).all():
                continue
            complete += 1
            largest = max(abs(row[column] - middle[column]) / spread[column] for column in left)
            as_large += largest >= abs(middle[tested]) / spread[tested]
        highest = max(highest, (1 + as_large) / (1 + complete), alone[tested])
        adjusted[tested] = highest
        left.remove(tested)
    return [adjusted[column] for column in range(samples.shape[1])]


def sample_differences(rng, n_bootstrap=99):
    """Differences of four maps to a fifth, (n_bootstrap, 4), that share its noise and are in different units."""
    shared = rng.normal(0, 1, (n_bootstrap, 1))
    return (rng.normal([0, 1, 2, 4], 1, (n_bootstrap, 4)) + shared) * [1, 100, 1, 0.01]


@pytest.mark.parametrize("kind", ["plain", "ties", "missing", "fixed", "one", "all missing somewhere"])
def test_max_t_follows_its_definition(rng, kind):
    for _ in range(10):
        samples = sample_differences(rng)
        if kind == "ties":  # whole numbers, and a quantity twice
            samples = np.column_stack([np.round(samples * [1, 0.01, 1, 100]), np.round(samples[:, 2])])
        elif kind == "missing":
            samples[rng.random(samples.shape) < 0.1] = np.nan
            samples[3, 2] = np.inf
        elif kind == "fixed":  # the score of one map of each pair is fixed: nothing is shared
            samples = rng.normal([0.1, 0.4, 2], [0.2, 0.3, 0.4], (99, 3))
        elif kind == "one":
            samples = samples[:, [1]]
        elif kind == "all missing somewhere":
            samples[::2, 0], samples[1::2, 1] = np.nan, np.nan
        np.testing.assert_allclose(max_t_p(samples), compute_max_t_p(samples), rtol=1e-12)


def test_max_t_does_not_depend_on_order_units_or_sign(rng):
    samples = sample_differences(rng)
    order = [2, 0, 3, 1]
    np.testing.assert_array_equal(max_t_p(samples[:, order]), max_t_p(samples)[order])
    np.testing.assert_array_equal(max_t_p(samples * [8, -2, -0.5, 1]), max_t_p(samples))


def test_adjusted_p_is_never_below_p_nor_zero_and_grows_down_the_steps(rng):
    for _ in range(50):
        samples = sample_differences(rng) ** 3  # skewed, where max-T alone can give less than two_sided_p
        adjusted, alone = max_t_p(samples), np.array([two_sided_p(column) for column in samples.T])
        assert (adjusted >= alone).all()
        statistic = np.abs(np.median(samples, axis=0)) / samples.std(axis=0)
        assert (np.diff(adjusted[np.argsort(-statistic)]) >= 0).all()
    np.testing.assert_allclose(max_t_p(rng.normal(50, 1, (99, 3))), 2 / 100)


def compute_single_step_p(samples):
    """Every quantity against the largest T over all of them."""
    middle, spread = np.median(samples, axis=0), samples.std(axis=0)
    largest = (np.abs(samples - middle) / spread).max(axis=1)
    return np.array([(1 + (largest >= T).sum()) / (1 + len(samples)) for T in np.abs(middle) / spread])


def test_step_down_rejects_all_that_one_step_does_and_more(rng):
    more = 0
    for _ in range(100):
        samples = rng.normal([0, 0, 2.3, 6, 6, 6], 1, (199, 6))
        down, once = max_t_p(samples) < 0.05, compute_single_step_p(samples) < 0.05
        assert down[once].all()
        more += (down & ~once).any()
    assert more >= 5


def test_max_t_rejects_at_its_level_where_nothing_differs():
    """Eight correlated differences, all 0 in the population, in bootstrap samples of 60 subjects of 300 cohorts."""
    rng = np.random.default_rng(4)
    wrong_adjusted = wrong_alone = 0
    for _ in range(300):
        cohort = rng.normal(0, 1, (60, 8)) + rng.normal(0, 1, (60, 1))
        weights = rng.multinomial(60, np.full(60, 1 / 60), size=399) / 60
        samples = weights @ cohort
        wrong_adjusted += (max_t_p(samples) < 0.05).any()
        wrong_alone += any(two_sided_p(column) < 0.05 for column in samples.T)
    assert 0.02 <= wrong_adjusted / 300 <= 0.09
    assert wrong_alone / 300 > 0.12


def test_p_under_a_null_is_never_zero_and_cannot_be_had_without_a_null():
    auc, distance = METRICS["roc_auc"], METRICS["centre_distance_mm"]
    assert null_p(0.9, np.array([0.1, 0.2, np.nan]), auc) == pytest.approx(1 / 3)
    assert null_p(0.1, np.array([0.1, 0.2]), auc) == 1
    assert null_p(0.1, np.array([0.2, 0.3]), distance) == pytest.approx(1 / 3)
    assert np.isnan(null_p(0.9, np.array([]), auc))
    assert np.isnan(null_p(np.nan, np.array([0.1]), auc))
