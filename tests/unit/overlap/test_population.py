from itertools import pairwise

import numpy as np
import pytest

from relmaps.overlap.map_transform import MapTransform
from relmaps.overlap.population import BANDS_MM, Shrinkage


@pytest.fixture
def inside(scoring_space):
    return scoring_space.references[1].mask[scoring_space.brain]


@pytest.fixture
def smooth(scoring_space, rng):
    def make(n, fwhm):
        maps = MapTransform(scoring_space.brain, scoring_space.grid.voxel_mm, "signed", fwhm)(
            rng.standard_normal((n, scoring_space.brain.sum()))
        )
        return maps / maps.std()

    return make


def shrinkage(scoring_space, inside, noise):
    made = Shrinkage(scoring_space, inside)
    for block in np.array_split(noise, 3):
        if len(block):
            made.learn(block)
    return made


def test_without_noise_nothing_changes(scoring_space, inside, smooth):
    maps = smooth(2, 20)
    shrink = shrinkage(scoring_space, inside, np.zeros_like(maps))
    np.testing.assert_allclose(shrink(maps), maps, atol=1e-5)


def test_the_means_inside_and_outside_are_kept(scoring_space, inside, smooth):
    maps = smooth(3, 20) + 0.5 * inside
    shrunk = shrinkage(scoring_space, inside, smooth(50, 12))(maps)
    for group in (inside, ~inside):
        np.testing.assert_allclose(shrunk[:, group].mean(axis=1), maps[:, group].mean(axis=1), atol=1e-5)


def test_spread_is_that_of_the_map_without_noise(scoring_space, inside, smooth):
    quiet, noise = smooth(30, 25), smooth(60, 12)
    shrunk = shrinkage(scoring_space, inside, noise[30:])(quiet + noise[:30])
    found, noisy, expected = (maps[:, ~inside].var(axis=1).mean() for maps in (shrunk, quiet + noise[:30], quiet))
    assert abs(found - expected) < 0.25 * (noisy - expected)


def test_shrinks_each_band_literally(scoring_space, inside, smooth):
    maps, noise = smooth(1, 15), 0.5 * smooth(20, 10)
    blurs = [MapTransform(scoring_space.brain, scoring_space.grid.voxel_mm, "signed", mm) for mm in BANDS_MM]

    def bands(values):
        levels = [values, *(blur(values) for blur in blurs), np.zeros_like(values)]
        return [finer - coarser for finer, coarser in pairwise(levels)]

    expected = np.zeros_like(maps[0])
    for band, of_noise in zip(bands(maps), bands(noise), strict=True):
        for group in (inside, ~inside):
            values, mean = band[0, group], band[0, group].mean()
            power = np.mean([draw[group].var() for draw in of_noise])
            expected[group] += mean + np.sqrt(max(0, 1 - power / values.var())) * (values - mean)
    np.testing.assert_allclose(shrinkage(scoring_space, inside, noise)(maps)[0], expected, atol=1e-4)
