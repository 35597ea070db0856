import numpy as np
import pytest

from relmaps.overlap.map_transform import MapTransform


@pytest.mark.parametrize(("sign", "expected"), [("abs", [2, 0, 3]), ("positive", [0, 0, 3]), ("signed", [-2, 0, 3])])
def test_sign(sign, expected):
    brain = np.zeros((3, 3, 3), dtype=bool)
    brain[1] = [[True, True, True], [False] * 3, [False] * 3]
    transformed = MapTransform(brain, np.ones(3), sign, 0)(np.array([-2.0, 0, 3]))
    np.testing.assert_array_equal(transformed, np.array(expected, dtype=np.float32))


@pytest.mark.parametrize("sign", ["abs", "signed"])
def test_smoothing_is_the_gaussian_mean_over_brain_voxels_after_the_sign(grid, brain, rng, sign):
    fwhm = 12.0
    values = rng.standard_normal(brain.sum()).astype(np.float32)
    turned = np.abs(values) if sign == "abs" else values
    positions = grid.coordinates()[:, brain].T
    sigma = fwhm / np.sqrt(8 * np.log(2))
    expected = []
    for position in positions:
        weights = np.exp(-((positions - position) ** 2).sum(axis=1) / (2 * sigma**2))
        expected.append((weights * turned).sum() / weights.sum())
    transformed = MapTransform(brain, grid.voxel_mm, sign, fwhm)(values)
    np.testing.assert_allclose(transformed, expected, atol=1e-3)


def test_the_edge_of_the_brain_does_not_bleed(grid, brain):
    transformed = MapTransform(brain, grid.voxel_mm, "abs", 20)(np.full(brain.sum(), -4.0))
    np.testing.assert_allclose(transformed, 4, rtol=1e-5)


def test_no_smoothing_changes_nothing(grid, brain, rng):
    values = rng.standard_normal(brain.sum()).astype(np.float32)
    np.testing.assert_array_equal(MapTransform(brain, grid.voxel_mm, "signed", 0)(values), values)
