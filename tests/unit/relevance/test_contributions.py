import numpy as np
import pytest

from relmaps.relevance import contributions
from relmaps.relevance.contributions import explain_linear, mean_in_brain

LABELS = np.array([0, 1, 1, 0, 1])
ROWS = np.array([1, 3, 4, 6, 7])
TRAIN = [0, 2, 5]
TARGETS = ["true_class", "disease", "logit_difference"]
INTERCEPT = 0.7


@pytest.fixture
def model(brain, grid, rng):
    """Weights (n_voxels,), and eight images that are zero outside the brain, of which TRAIN trained it."""
    images = (3 + rng.normal(size=(8, *grid.shape))).astype(np.float32) * brain
    return rng.normal(size=brain.sum()), images


def decide(weights, images, brain, row):
    """Decision value, w'(x - m) + b, written out."""
    mean = sum(images[train].astype(float) for train in TRAIN) / len(TRAIN)
    return sum(weights * (images[row] - mean)[brain]) + INTERCEPT


def explain(model, brain, scores=None):
    weights, images = model
    if scores is None:
        scores = np.array([decide(weights, images, brain, row) for row in ROWS])
    mean = mean_in_brain(images, TRAIN, brain)
    return list(explain_linear(weights, mean, images, brain, ROWS, LABELS, TARGETS, scores, INTERCEPT))


def maps_of(batches):
    return np.concatenate([batch.maps for batch in batches], axis=2)


def test_a_voxel_contributes_its_weight_times_its_difference_from_the_training_mean(model, brain):
    """Turned round for controls where the true class is explained."""
    weights, images = model
    (maps,) = maps_of(explain(model, brain))
    assert maps.dtype == np.float32
    for place, (row, label) in enumerate(zip(ROWS, LABELS, strict=True)):
        mean = np.mean([images[train][brain] for train in TRAIN], axis=0)
        literal = [w * (x - m) for w, x, m in zip(weights, images[row][brain], mean, strict=True)]
        for target, sign in zip(TARGETS, (2 * label - 1, 1, 1), strict=True):
            np.testing.assert_allclose(maps[TARGETS.index(target), place], sign * np.array(literal), atol=1e-5)


def test_a_map_adds_up_to_the_decision_on_the_scan_minus_that_on_the_mean(model, brain):
    """The decision on the mean image is the intercept."""
    weights, images = model
    batches = explain(model, brain)
    sums = maps_of(batches)[0].sum(axis=2, dtype=float)
    for place, (row, label) in enumerate(zip(ROWS, LABELS, strict=True)):
        expected = decide(weights, images, brain, row) - INTERCEPT
        np.testing.assert_allclose(sums[:, place], np.array([2 * label - 1, 1, 1]) * expected, rtol=1e-5)
    assert max(batch.completeness_error.max() for batch in batches) < 1e-6


def test_the_completeness_error_shows_a_decision_that_the_weights_did_not_make(model, brain):
    weights, images = model
    true = np.array([decide(weights, images, brain, row) for row in ROWS])
    (batch,) = explain(model, brain, scores=INTERCEPT + 2 * (true - INTERCEPT))
    np.testing.assert_allclose(batch.completeness_error, 0.5, rtol=1e-6)
    assert batch.completeness_error.shape == (1, len(TARGETS), len(ROWS))
    (unknown,) = explain(model, brain, scores=np.full(len(ROWS), INTERCEPT))
    assert np.isnan(unknown.completeness_error).all(), "what should be zero has no relative error"


def test_batches_do_not_change_a_map(model, brain, monkeypatch):
    (whole,) = explain(model, brain)
    monkeypatch.setattr(contributions, "BATCH_BYTES", 2 * 4 * len(TARGETS) * brain.sum())
    parts = explain(model, brain)
    assert [batch.place for batch in parts] == [slice(0, 2), slice(2, 4), slice(4, 5)]
    np.testing.assert_array_equal(maps_of(parts), whole.maps)
    for name in ("score", "completeness_error"):
        joined = np.concatenate([getattr(batch, name) for batch in parts], axis=-1)
        np.testing.assert_array_equal(joined, getattr(whole, name))
