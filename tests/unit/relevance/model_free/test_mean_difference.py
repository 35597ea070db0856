import numpy as np
import pytest

from relmaps.relevance.model_free.mean_difference import MeanDifference

LABELS = np.array([1, 0, 0, 1, 0, 1, 0, 1, 0])
TRAINS = [np.array([0, 1, 2, 3, 4]), np.array([3, 4, 5, 6, 7, 8])]


@pytest.fixture
def features(rng):
    return rng.normal(5, 1, size=(9, 7)).astype(np.float32)


def literal_difference(features, draw):
    """Average over folds of mean control minus mean disease, subject by subject and voxel by voxel."""
    folds = []
    for train in TRAINS:
        total, count = np.zeros((2, features.shape[1])), np.zeros(2)
        for subject in train:
            for _ in range(draw[subject]):
                count[LABELS[subject]] += 1
                for voxel, value in enumerate(features[subject]):
                    total[LABELS[subject], voxel] += value
        folds.append(total[0] / count[0] - total[1] / count[1])
    return sum(folds) / len(folds)


def test_equals_a_literal_loop_over_repeated_subjects(features):
    draws = np.array([[1] * 9, [2, 0, 3, 1, 1, 0, 2, 4, 0], [0, 1, 0, 1, 0, 1, 1, 0, 1]])
    maps = MeanDifference(features, LABELS, TRAINS)(draws.astype(float))
    assert maps.dtype == np.float32
    np.testing.assert_allclose(maps, [literal_difference(features, draw) for draw in draws], rtol=1e-4, atol=1e-5)


def test_positive_where_disease_has_less_by_what_it_has_less(features):
    without = MeanDifference(features, LABELS, TRAINS)(np.ones((1, 9)))
    features[LABELS == 1, :3] -= 2
    loss = MeanDifference(features, LABELS, TRAINS)(np.ones((1, 9))) - without
    np.testing.assert_allclose(loss[0], [2, 2, 2, 0, 0, 0, 0], atol=1e-5)


def test_a_fold_does_not_depend_on_its_test_part(features):
    before = MeanDifference(features, LABELS, TRAINS[1:])(np.ones((1, 9)))
    features[:3] += 100
    after = MeanDifference(features, LABELS, TRAINS[1:])(np.ones((1, 9)))
    np.testing.assert_array_equal(after, before)
