import numpy as np
import pytest

from relmaps.errors import UserError
from relmaps.relevance.pooling import PooledHeatmaps, pooling_shares

LABELS = np.array([0, 1, 1, 0, 1, 0, 0, 1, 1])
ROWS = [np.array([0, 2, 3, 7]), np.array([1, 4, 5, 6, 8])]


def literal_pool(maps, labels, pooling, normalisation):
    """One fold, subjects repeated as rows."""
    if normalisation == "unit_l1":
        maps = np.array([one / np.abs(one).sum() for one in maps])
    control, disease = maps[labels == 0].mean(axis=0), maps[labels == 1].mean(axis=0)
    return {
        "all": maps.mean(axis=0),
        "class_means": (control + disease) / 2,
        "disease": disease,
        "contrast": disease - control,
    }[pooling]


@pytest.mark.parametrize("pooling", ["all", "class_means", "disease", "contrast"])
@pytest.mark.parametrize("normalisation", ["none", "unit_l1"])
def test_equals_pooling_of_repeated_subjects(rng, pooling, normalisation):
    maps = [rng.normal(size=(len(rows), 30)).astype(np.float32) for rows in ROWS]
    weights = np.array([[1] * 9, [2, 1, 1, 0, 3, 1, 0, 2, 0]])
    pooled = PooledHeatmaps(maps, ROWS, LABELS, pooling, normalisation)(weights)
    for draw, result in zip(weights, pooled, strict=True):
        folds = []
        for fold, rows in zip(maps, ROWS, strict=True):
            again = np.repeat(np.arange(len(rows)), draw[rows])
            folds.append(literal_pool(fold[again], LABELS[rows][again], pooling, normalisation))
        np.testing.assert_allclose(result, np.mean(folds, axis=0), rtol=1e-4, atol=1e-6)
    assert pooled.dtype == np.float32


def test_silent_map_counts_as_zero_and_is_reported(caplog):
    maps = np.array([[2.0, -2.0], [0.0, 0.0]], dtype=np.float32)
    pooled = PooledHeatmaps([maps], [np.array([0, 1])], np.array([0, 1]), "all", "unit_l1")
    np.testing.assert_allclose(pooled(np.ones((1, 2))), [[0.25, -0.25]])
    assert "1 of 2 heatmaps are zero" in caplog.text


def test_missing_class_is_told():
    with pytest.raises(UserError, match="label 1"):
        pooling_shares(np.ones((1, 3)), np.zeros(3), "contrast")
    np.testing.assert_allclose(pooling_shares(np.ones((1, 3)), np.ones(3), "disease"), 1 / 3)
