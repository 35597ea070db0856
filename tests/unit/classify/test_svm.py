import numpy as np
import pytest
from sklearn.svm import SVC

from relmaps.classify import svm
from relmaps.classify.svm import centred_kernel, fit_linear_svm, gram_matrix, haufe_coefficients
from relmaps.errors import UserError


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


def test_gram_matrix_is_the_same_over_blocks(images, monkeypatch):
    flat = images.reshape(20, -1).astype(float)
    monkeypatch.setattr(svm, "BLOCK_VOXELS", 7)
    np.testing.assert_allclose(gram_matrix(images), flat @ flat.T, rtol=1e-12)


def test_kernel_is_that_of_features_centred_and_scaled_by_the_training_part(images):
    train = np.arange(3, 17)
    kernel, scale = centred_kernel(gram_matrix(images), train)
    features = literal_features(images, train)
    np.testing.assert_allclose(kernel, features @ features.T, atol=1e-9)
    raw = images.reshape(20, -1) - images[train].reshape(14, -1).mean(axis=0)
    np.testing.assert_allclose(raw @ raw.T / scale, kernel, atol=1e-4)


def test_kernel_does_not_see_the_test_part_in_its_mean(images):
    train = np.arange(10)
    before, _ = centred_kernel(gram_matrix(images), train)
    images[15] += 100
    after, _ = centred_kernel(gram_matrix(images), train)
    np.testing.assert_allclose(after[:10, :10], before[:10, :10], atol=1e-9)


def test_images_that_are_all_the_same_are_refused(images):
    images[:] = images[0]
    with pytest.raises(UserError, match=r"classify\.svm\.feature"):
        centred_kernel(gram_matrix(images), np.arange(20))


def test_svm_is_that_of_scikit_learn_on_the_features(images, labels):
    train, test = np.arange(4, 20), np.arange(4)
    features = literal_features(images, train)
    kernel, _ = centred_kernel(gram_matrix(images), train)
    dual, intercept = fit_linear_svm(kernel[np.ix_(train, train)], labels[train], c=0.5)
    oracle = SVC(kernel="linear", C=0.5, tol=1e-3).fit(features[train], labels[train])
    np.testing.assert_allclose(features[train].T @ dual, oracle.coef_[0], atol=1e-3)
    decision = kernel[np.ix_(test, train)] @ dual + intercept
    np.testing.assert_allclose(decision, oracle.decision_function(features[test]), atol=2e-3)
    assert (decision > 0).tolist() == labels[test].astype(bool).tolist()


def test_sample_weight_counts_subjects(images, labels):
    features = literal_features(images, np.arange(20))
    weight = np.tile([0, 2, 1, 1], 5)
    dual, intercept = fit_linear_svm(features @ features.T, labels, 0.3, weight)
    repeated = np.repeat(np.arange(20), weight)
    oracle = SVC(kernel="linear", C=0.3).fit(features[repeated], labels[repeated])
    np.testing.assert_allclose(features.T @ dual, oracle.coef_[0], atol=2e-3)
    assert intercept == pytest.approx(oracle.intercept_[0], abs=2e-3)
    assert not dual[weight == 0].any()


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
