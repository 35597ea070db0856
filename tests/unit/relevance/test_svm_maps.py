import numpy as np
import pytest
from sklearn.svm import SVC

from relmaps.relevance.svm_maps import SvmMap

LABELS = np.array([0, 1] * 8)
TRAINS = [np.arange(16)[np.arange(16) % 4 != 0], np.arange(16)[np.arange(16) % 4 != 3]]


@pytest.fixture
def features(rng):
    """(16, 40) positive, far from zero, less in the first ten voxels in disease."""
    noise = rng.normal(size=(16, 40))
    noise[LABELS == 1, :10] -= 1.5
    return (20 + noise).astype(np.float32)


def literal_svm(features, labels, c):
    """Weights and pattern of a fit on repeated rows, with the covariance matrix written out; both negated."""
    X = features.astype(np.float64)
    X -= X.mean(axis=0)
    scale = np.sqrt(np.mean(np.sum(X**2, axis=1)))
    weights = SVC(kernel="linear", C=c, tol=1e-8).fit(X / scale, labels).coef_[0] / scale
    covariance = X.T @ X / len(X)
    return -weights, -(covariance @ weights) / (weights @ covariance @ weights)


@pytest.mark.parametrize("kind", ["weights", "pattern"])
def test_equals_refits_on_repeated_subjects(features, rng, kind):
    weights = np.vstack([np.ones(16), rng.multinomial(16, np.full(16, 1 / 16), size=2)]).astype(float)
    maps = SvmMap(features, LABELS, TRAINS, 1.0, kind)(weights)
    for draw, result in zip(weights, maps, strict=True):
        again = [np.repeat(train, draw[train].astype(int)) for train in TRAINS]
        literal = np.mean([literal_svm(features[rows], LABELS[rows], 1.0)[kind == "pattern"] for rows in again], axis=0)
        np.testing.assert_allclose(result, literal, atol=3e-3 * np.abs(literal).max())


@pytest.mark.parametrize("kind", ["weights", "pattern"])
def test_positive_where_disease_has_less(features, kind):
    result = SvmMap(features, LABELS, TRAINS, 1.0, kind)(np.ones((1, 16)))[0]
    assert (result[:10] > 0).all()
    assert result[:10].mean() > 3 * abs(result[10:].mean())


def test_group_map_is_the_mean_of_the_folds(features):
    svm = SvmMap(features, LABELS, TRAINS, 1.0, "pattern")
    folds = [svm.of_fold(fold) for fold in range(2)]
    assert not np.allclose(*folds)
    np.testing.assert_allclose(svm(np.ones((1, 16)))[0], np.mean(folds, axis=0), rtol=1e-4, atol=1e-6)


def test_fold_ignores_its_test_subjects(features):
    changed = features.copy()
    changed[::4] += 5
    maps = [SvmMap(values, LABELS, TRAINS, 1.0, "weights") for values in (features, changed)]
    np.testing.assert_array_equal(maps[0].of_fold(0), maps[1].of_fold(0))
    assert not np.allclose(maps[0].of_fold(1), maps[1].of_fold(1))
