import numpy as np
import pytest

from relmaps.relevance.explain import Explained
from relmaps.relevance.fold_maps import FoldMaps
from relmaps.relevance.pooling import FoldHeatmaps, PooledHeatmaps

LABELS = np.array([0, 1, 1, 0, 1])


@pytest.fixture
def batches(rng):
    """Five subjects in batches of two, two seeds, two targets, 40 voxels."""
    maps = rng.normal(size=(2, 2, 5, 40)).astype(np.float32) * 1e-7
    score = rng.normal(size=(2, 5))
    places = [slice(0, 2), slice(2, 4), slice(4, 5)]
    return (
        [
            Explained(place, maps[:, :, place], score[:, place], maps[..., place, 0], maps[..., place, 1])
            for place in places
        ],
        maps,
    )


@pytest.mark.parametrize("pooling", ["all", "class_means", "disease", "contrast"])
@pytest.mark.parametrize("normalisation", ["none", "unit_l1"])
def test_running_sums_equal_pooling_of_all_maps(batches, tmp_path, pooling, normalisation):
    fold = FoldMaps(LABELS, ["true_class", "disease"], pooling, normalisation)
    fold.collect(batches[0], tmp_path / "maps.npy", keep=True, n_voxels=40)
    for result, maps in (
        (fold.fold_map, batches[1][:, 0].mean(axis=0)),
        *((fold.seed_maps[seed], batches[1][seed, 0]) for seed in (0, 1)),
    ):
        whole = FoldHeatmaps(maps, np.arange(5), np.ones(5), np.abs(maps).sum(axis=1))
        expected = PooledHeatmaps([whole], LABELS, pooling, normalisation)(np.ones((1, 5)))[0]
        np.testing.assert_allclose(result, expected, rtol=1e-3, atol=1e-5 * np.abs(expected).max())


def test_subject_maps_come_back_from_half_precision(batches, tmp_path):
    fold = FoldMaps(LABELS, ["true_class", "disease"], "all", "none")
    fold.collect(batches[0], tmp_path / "maps.npy", keep=True, n_voxels=40)
    table, stored = fold.table(), np.load(tmp_path / "maps.npy")
    assert stored.dtype == np.float16
    assert table["place"].tolist() == [0, 1, 2, 3, 4] * 2
    maps = batches[1].mean(axis=0)
    back = stored * table["amplitude"].to_numpy().reshape(2, 5, 1)
    np.testing.assert_allclose(back, maps, atol=1e-3 * np.abs(maps).max())
    np.testing.assert_allclose(table["l1"], np.abs(maps).sum(axis=2).ravel(), rtol=1e-5)


def test_maps_that_nobody_needs_are_not_kept(batches, tmp_path):
    fold = FoldMaps(LABELS, ["true_class", "disease"], "all", "none")
    fold.collect(batches[0], tmp_path / "maps.npy", keep=False, n_voxels=40)
    assert np.load(tmp_path / "maps.npy").shape == (2, 0, 40)
    assert fold.fold_map.any()
