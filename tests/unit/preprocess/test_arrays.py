import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from relmaps.io.images import write_map
from relmaps.preprocess.arrays import build_array


@pytest.fixture
def build(tmp_path, grid, brain):
    """(n, nx, ny, nz) array of (n, nx, ny, nz) maps."""

    def built(maps, smoothing_mm, scale, **options):
        paths = [tmp_path / f"{n}.nii.gz" for n in range(len(maps))]
        for path, data in zip(paths, maps, strict=True):
            write_map(data, path, grid)
        build_array(paths, len(maps), tmp_path / "array.npy", grid, brain, smoothing_mm, np.array(scale), **options)
        return np.load(tmp_path / "array.npy")

    return built


def test_min_max_brings_each_subjects_brain_to_0_and_1(build, grid, brain, rng):
    maps = rng.normal(5, [[[[1]]], [[[9]]], [[[0.1]]]], (3, *grid.shape)).astype(np.float32)
    maps[:, ~brain] = 99  # brighter than any brain, and no part of the range
    array = build(maps, 0, [1.0, 2.0, 0.5], min_max=True)
    for data, made in zip(maps, array, strict=True):
        low, high = min(data[brain]), max(data[brain])
        for voxel in np.ndindex(grid.shape):
            expected = (data[voxel] - low) / (high - low) if brain[voxel] else 0
            assert made[voxel] == pytest.approx(expected, abs=1e-5)
        assert (made[brain].min(), made[brain].max()) == (0, 1)


def test_min_max_comes_after_smoothing(build, grid, brain, rng):
    maps = rng.random((1, *grid.shape)).astype(np.float32)
    array = build(maps, 20.0, [1.0], min_max=True)
    smooth = gaussian_filter(maps[0], [20 / 2.354820045 / size for size in (8, 9, 7)])
    expected = (smooth - smooth[brain].min()) / np.ptp(smooth[brain]) * brain
    np.testing.assert_allclose(array[0], expected, atol=1e-5)


def test_a_factor_of_the_whole_map_is_lost_in_min_max_and_kept_without(build, grid, brain, rng):
    maps = np.stack([rng.random(grid.shape).astype(np.float32)] * 2)
    scaled = build(maps, 0, [1.0, 4.0], min_max=True)
    np.testing.assert_allclose(scaled[0], scaled[1], atol=1e-6)
    plain = build(maps, 0, [1.0, 4.0])
    np.testing.assert_allclose(4 * plain[0], plain[1], rtol=1e-6)


@pytest.mark.parametrize("smoothing_mm", [0, 12.0])
@pytest.mark.parametrize("value", [0, 1, 0.3, -700.1])
def test_a_constant_map_becomes_0(build, grid, smoothing_mm, value):
    array = build(np.full((1, *grid.shape), value, np.float32), smoothing_mm, [1.7], min_max=True)
    assert (array == 0).all()


def test_a_threshold_leaves_black_and_white_inside_the_brain(build, grid, brain, rng):
    maps = rng.random((2, *grid.shape)).astype(np.float32)
    array = build(maps, 0, [1.0, 1.0], threshold=0.5)
    np.testing.assert_array_equal(array, (maps > 0.5) & brain)
