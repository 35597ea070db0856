import numpy as np
import pytest
from sklearn.calibration import _SigmoidCalibration
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import StratifiedKFold
from sklearn.svm import SVC

from relmaps.classify.gram import gram_matrix
from relmaps.classify.linear import ESTIMATORS, centred_kernel, fit_linear, haufe_coefficients
from relmaps.classify.penalty import choose_c
from relmaps.classify.platt import platt


@pytest.fixture
def labels():
    return np.tile([0, 1], 10)


@pytest.fixture
def images(rng, labels):
    """(20, 3, 4, 5): far from zero, so that centring matters."""
    images = 5 + rng.normal(size=(20, 3, 4, 5))
    images[labels == 1, 1, 2] -= 4
    return images.astype(np.float32)


def literal_features(images, train):
    flat = images.reshape(len(images), -1).astype(float)
    centred = flat - flat[train].mean(axis=0)
    return centred / np.sqrt(np.mean(np.sum(centred[train] ** 2, axis=1)))


def oracle(estimator, c):
    """The model of scikit-learn on raw features."""
    if estimator == "svm":
        return SVC(kernel="linear", C=c, tol=1e-3)
    return LogisticRegression(C=c, tol=1e-10, max_iter=10_000)


def test_kernel_is_that_of_features_centred_and_scaled_by_the_training_part(images):
    train = np.arange(3, 17)
    kernel, scale = centred_kernel(gram_matrix(images), train)
    features = literal_features(images, train)
    np.testing.assert_allclose(kernel, features @ features.T, atol=1e-6)
    raw = images.reshape(20, -1) - images[train].reshape(14, -1).mean(axis=0)
    np.testing.assert_allclose(raw @ raw.T / scale, kernel, atol=1e-4)


def test_kernel_does_not_see_the_test_part_in_its_mean(images):
    train = np.arange(10)
    before, _ = centred_kernel(gram_matrix(images), train)
    images[15] += 100
    after, _ = centred_kernel(gram_matrix(images), train)
    np.testing.assert_allclose(after[:10, :10], before[:10, :10], atol=1e-4)


@pytest.mark.parametrize("same", [15, 20])
@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_training_images_that_are_all_the_same_teach_nothing(images, labels, same, estimator):
    images[:same] = images[0]
    train = np.arange(15)
    kernel, scale = centred_kernel(gram_matrix(images), train)
    assert not kernel.any()
    assert scale == 1
    dual, intercept = fit_linear(estimator, kernel[np.ix_(train, train)], labels[train], 1.0)
    scores = kernel[:, train] @ dual + intercept
    assert np.ptp(scores) == 0
    assert np.isfinite(scores).all()


@pytest.mark.parametrize("c", [0.01, 0.5, 100])
@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_model_is_that_of_scikit_learn_on_the_features(images, labels, estimator, c):
    train, test = np.arange(4, 20), np.arange(4)
    features = literal_features(images, train)
    kernel = features @ features.T
    dual, intercept = fit_linear(estimator, kernel[np.ix_(train, train)], labels[train], c)
    fitted = oracle(estimator, c).fit(features[train], labels[train])
    exact = 1e-5 if estimator == "logistic" else 2e-3
    np.testing.assert_allclose(features[train].T @ dual, fitted.coef_[0], atol=exact)
    decision = kernel[np.ix_(test, train)] @ dual + intercept
    np.testing.assert_allclose(decision, fitted.decision_function(features[test]), atol=exact)


def test_logistic_coefficients_are_the_weighted_residuals(images, labels):
    """The condition of the optimum: w = C sum_i x_i (y_i - p_i), and the residuals sum to zero."""
    features = literal_features(images, np.arange(20))
    kernel = features @ features.T
    dual, intercept = fit_linear("logistic", kernel, labels, 3.0)
    residuals = labels - 1 / (1 + np.exp(-(kernel @ dual + intercept)))
    np.testing.assert_allclose(dual, 3 * residuals, atol=1e-6)
    assert residuals.sum() == pytest.approx(0, abs=1e-7)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_sample_weight_counts_subjects(images, labels, estimator):
    features = literal_features(images, np.arange(20))
    weight = np.tile([0, 2, 1, 1], 5)
    dual, intercept = fit_linear(estimator, features @ features.T, labels, 0.3, weight)
    repeated = np.repeat(np.arange(20), weight)
    fitted = oracle(estimator, 0.3).fit(features[repeated], labels[repeated])
    np.testing.assert_allclose(features.T @ dual, fitted.coef_[0], atol=2e-3)
    assert intercept == pytest.approx(fitted.intercept_[0], abs=2e-3)
    assert not dual[weight == 0].any()


@pytest.fixture
def hard(rng):
    """Features (40, 30) whose classes overlap, and labels (40,)."""
    labels = np.tile([0, 1, 0, 1, 1], 8)
    return rng.normal(3, 1, size=(40, 30)) - 0.45 * labels[:, None] * (np.arange(30) < 8), labels


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_c_has_the_highest_accuracy_of_an_inner_cross_validation_on_the_features(hard, estimator):
    features, labels = hard
    train, grid = np.arange(2, 36), [0.01, 0.1, 1, 10]
    chosen = choose_c(estimator, features @ features.T, labels, train, grid, seed=3)
    accuracy, scores = np.zeros((4, 5)), np.zeros((4, 34))
    inner = StratifiedKFold(5, shuffle=True, random_state=3).split(train, labels[train])
    for fold, (rest, held_out) in enumerate(inner):
        part = literal_features(features[train], rest)
        for row, c in enumerate(grid):
            scores[row, held_out] = (
                oracle(estimator, c).fit(part[rest], labels[train][rest]).decision_function(part[held_out])
            )
            accuracy[row, fold] = balanced_accuracy_score(labels[train][held_out], scores[row, held_out] > 0)
    assert np.ptp(accuracy.mean(axis=1)) > 0
    best = int(np.argmax(accuracy.mean(axis=1).round(9)))
    assert chosen.c == grid[best]
    assert chosen.table["c"].tolist() == grid
    np.testing.assert_allclose(chosen.table["balanced_accuracy"], accuracy.mean(axis=1))
    assert chosen.balanced_accuracy == pytest.approx(accuracy[best].mean())
    np.testing.assert_allclose(chosen.scores, scores[best], atol=5e-3)


def test_choice_sees_the_training_part_only(hard):
    features, labels = hard
    before = choose_c("logistic", features @ features.T, labels, np.arange(30), [0.1, 1], seed=0)
    features, labels = features.copy(), labels.copy()
    features[30:] *= 5
    labels[30:] = 1 - labels[30:]
    after = choose_c("logistic", features @ features.T, labels, np.arange(30), [0.1, 1], seed=0)
    assert after.table.equals(before.table)
    np.testing.assert_array_equal(after.scores, before.scores)


def test_ties_go_to_the_smallest_c(images, labels):
    """The classes lie so far apart that every C is right, whatever the order of the grid."""
    images[labels == 1] += 20
    chosen = choose_c("svm", gram_matrix(images), labels, np.arange(20), [10, 0.1, 1], seed=0)
    assert chosen.table["balanced_accuracy"].tolist() == [1, 1, 1]
    assert chosen.c == 0.1


def test_one_c_needs_no_choice_and_still_has_out_of_fold_scores(hard):
    features, labels = hard
    chosen = choose_c("svm", features @ features.T, labels, np.arange(40), [2.0], seed=0)
    assert chosen.c == 2
    assert np.isfinite(chosen.scores).all()
    assert 0.5 < chosen.balanced_accuracy <= 1


def test_small_classes_get_fewer_inner_folds_or_none(hard):
    features, labels = hard
    gram = features @ features.T
    two = np.concatenate([np.flatnonzero(labels == 0)[:2], np.flatnonzero(labels == 1)])
    assert np.isfinite(choose_c("svm", gram, labels, two, [1, 0.1], seed=0).scores).all()
    one = choose_c("svm", gram, labels, two[1:], [1, 0.1], seed=0)
    assert one.c == 0.1
    assert np.isnan(one.scores).all()
    assert np.isnan(one.balanced_accuracy)
    assert np.isnan(platt(one.scores, labels[two[1:]])).all()


@pytest.mark.parametrize("shift", [1.5, 0.0, -1.5])
@pytest.mark.parametrize("size", [1.0, 1e-4])
def test_platt_is_that_of_scikit_learn(rng, shift, size):
    """Also where scores are turned round: the slope is then negative."""
    labels = np.tile([0, 0, 1], 20)
    scores = size * (rng.normal(size=60) + shift * labels - 0.7)
    slope, intercept = platt(scores, labels)
    private = _SigmoidCalibration().fit(scores, labels)
    probability = 1 / (1 + np.exp(-(slope * scores + intercept)))
    np.testing.assert_allclose(probability, private.predict(scores), atol=1e-4)
    assert np.sign(slope) == np.sign(-private.a_)
    assert shift == 0 or np.sign(slope) == np.sign(shift)


def test_platt_solves_his_equations(rng):
    """At the maximum of the likelihood, targets and probabilities agree in sum and in their product with the score."""
    labels = np.tile([0, 1, 1], 7)
    scores = rng.normal(size=21) + labels
    target = np.where(labels == 1, 15 / 16, 1 / 9)
    slope, intercept = platt(scores, labels)
    rest = target - 1 / (1 + np.exp(-(slope * scores + intercept)))
    np.testing.assert_allclose([rest.sum(), rest @ scores], 0, atol=1e-8)


def test_platt_of_scores_that_separate_or_do_not_vary_is_finite():
    labels = np.array([0, 0, 0, 1, 1])
    slope, intercept = platt(np.array([-2.0, -1, -1, 1, 2]), labels)
    assert 0 < slope < 10
    assert np.isfinite(intercept)
    slope, intercept = platt(np.ones(5), labels)
    assert slope == 0
    assert 1 / (1 + np.exp(-intercept)) == pytest.approx((2 * 3 / 4 + 3 * 1 / 5) / 5)


@pytest.mark.parametrize("weighted", [False, True])
def test_haufe_pattern_is_the_covariance_times_the_weights(rng, weighted):
    X, weights = rng.normal(size=(12, 5)) @ rng.normal(size=(5, 5)) + 3, rng.normal(size=5)
    count = rng.integers(0, 4, size=12) if weighted else np.ones(12, dtype=int)
    repeated = np.repeat(X, count, axis=0)
    literal = np.cov(repeated.T) @ weights / np.var(repeated @ weights, ddof=1)
    np.testing.assert_allclose(X.T @ haufe_coefficients(X @ weights, count if weighted else None), literal, rtol=1e-10)


def test_pattern_finds_the_signal_and_not_the_suppressor(rng):
    """The example of Haufe et al. 2014: the second channel holds noise only, yet a good filter weighs it."""
    signal, noise = rng.normal(size=(2, 4000))
    X = np.column_stack([signal + noise, noise])
    np.testing.assert_allclose(X.T @ haufe_coefficients(X @ np.array([1.0, -1.0])), [1, 0], atol=0.05)


def test_coefficients_sum_to_zero(rng):
    assert haufe_coefficients(rng.normal(size=9) + 4, np.arange(9.0)).sum() == pytest.approx(0, abs=1e-12)
