import numpy as np
import pytest

from relmaps.io.errors import UserError
from relmaps.relevance import pooling
from relmaps.relevance.pooling import FoldHeatmaps, PooledHeatmaps, pooling_shares

LABELS = np.array([0, 1, 1, 0, 1, 0, 0, 1, 1])
ROWS = [np.array([0, 2, 3, 7]), np.array([1, 4, 5, 6, 8])]


def literal_pool(maps, labels, pooling, normalisation, rectify):
    """One fold, subjects repeated as rows."""
    if normalisation == "unit_l1":
        maps = np.array([one / np.abs(one).sum() for one in maps])
    maps = {"signed": maps, "abs": np.abs(maps), "positive": np.where(maps > 0, maps, 0)}[rectify]
    control, disease = maps[labels == 0].mean(axis=0), maps[labels == 1].mean(axis=0)
    return {
        "all": maps.mean(axis=0),
        "class_means": (control + disease) / 2,
        "disease": disease,
        "contrast": disease - control,
    }[pooling]


def stored(maps, rows):
    """Maps as they are kept: half precision beside their amplitude."""
    amplitude = np.abs(maps).max(axis=1)
    kept = (maps / amplitude[:, None]).astype(np.float16)
    return FoldHeatmaps(kept, rows, amplitude, np.abs(maps).sum(axis=1))


@pytest.mark.parametrize("how", ["all", "class_means", "disease", "contrast"])
@pytest.mark.parametrize("normalisation", ["none", "unit_l1"])
@pytest.mark.parametrize("rectify", ["signed", "abs", "positive"])
def test_equals_pooling_of_repeated_subjects(rng, how, normalisation, rectify, monkeypatch):
    monkeypatch.setattr(pooling, "BLOCK_BYTES", 4 * 5 * 7)  # blocks of 7 voxels, the last one smaller
    maps = [rng.normal(size=(len(rows), 30)).astype(np.float32) * 1e-6 for rows in ROWS]
    weights = np.array([[1] * 9, [2, 1, 1, 0, 3, 1, 0, 2, 0]])
    folds = [stored(fold, rows) for fold, rows in zip(maps, ROWS, strict=True)]
    pooled = PooledHeatmaps(folds, LABELS, how, normalisation, rectify)(weights)
    for draw, result in zip(weights, pooled, strict=True):
        literal = []
        for fold, rows in zip(maps, ROWS, strict=True):
            again = np.repeat(np.arange(len(rows)), draw[rows])
            members = rows[again]
            literal.append(literal_pool(fold[again], LABELS[members], how, normalisation, rectify))
        expected = np.mean(literal, axis=0)
        np.testing.assert_allclose(result, expected, atol=1e-3 * np.abs(expected).max())
    assert pooled.dtype == np.float32


def test_silent_map_counts_as_zero_and_is_reported(caplog):
    maps = np.array([[1.0, -1.0], [0.0, 0.0]], dtype=np.float16)
    fold = FoldHeatmaps(maps, np.array([0, 1]), np.array([2.0, 0.0]), np.array([4.0, 0.0]))
    pooled = PooledHeatmaps([fold], np.array([0, 1]), "all", "unit_l1")
    np.testing.assert_allclose(pooled(np.ones((1, 2))), [[0.25, -0.25]])
    assert "1 of 2 heatmaps are zero" in caplog.text


def test_a_draw_without_subjects_gives_no_map():
    assert pooling_shares(np.zeros((1, 2)), np.array([0, 1]), "all").tolist() == [[0, 0]]


def test_missing_class_is_told():
    with pytest.raises(UserError, match="label 1"):
        pooling_shares(np.ones((1, 3)), np.zeros(3), "contrast")
    np.testing.assert_allclose(pooling_shares(np.ones((1, 3)), np.ones(3), "disease"), 1 / 3)
