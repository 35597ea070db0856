from itertools import permutations

import numpy as np
import pytest
from scipy import stats

from relmaps.overlap.ranking import FEWEST_TO_BIN, BinnedRanking, Ranking, rank


def test_hits_without_ties(rng):
    values, reference = rng.random(40), rng.random(40) < 0.3
    curve = Ranking(values).against(reference)
    for kept in range(1, 41):
        threshold = sorted(values, reverse=True)[kept - 1]
        assert curve.hits_at(kept) == (reference & (values >= threshold)).sum()


def test_hits_inside_a_run_of_equal_values_are_the_mean_over_its_orders():
    values = np.array([3.0, 1.0, 1.0, 1.0, 1.0, 0.0])
    reference = np.array([False, True, False, True, True, True])
    curve = Ranking(values).against(reference)
    for kept in range(7):
        hits = [reference[[0, *order, 5]][:kept].sum() for order in permutations([1, 2, 3, 4])]
        assert curve.hits_at(kept) == pytest.approx(np.mean(hits))


def test_levels_end_runs_of_equal_values():
    curve = Ranking(np.array([2, 5, 2, 5, 1])).against(np.array([True, True, False, False, True]))
    np.testing.assert_array_equal(curve.kept, [2, 4, 5])
    np.testing.assert_array_equal(curve.hits, [1, 2, 3])
    assert (curve.n_voxels, curve.reference_voxels) == (5, 3)


@pytest.mark.parametrize(("reference", "defined"), [([0, 0, 0], False), ([1, 1, 1], False), ([0, 1, 0], True)])
def test_a_curve_needs_voxels_on_both_sides(reference, defined):
    assert Ranking(np.array([1.0, 2, 3])).against(np.array(reference, dtype=bool)).defined is defined


def test_values_that_are_not_finite_are_refused():
    with pytest.raises(ValueError, match="cannot be ranked"):
        Ranking(np.array([1.0, np.nan]))


def test_places_are_mean_ranks_from_the_highest(rng):
    values = np.round(rng.standard_normal(60), 1).astype(np.float32)
    expected = stats.rankdata(-values)
    np.testing.assert_array_equal(Ranking(values).places(), expected)
    codes = np.unique(values, return_inverse=True)[1] * 3  # bins without voxels lie between
    np.testing.assert_array_equal(BinnedRanking(codes).places(), expected)


def test_places_within_strata_are_mean_ranks_of_each_stratum(rng):
    values = np.round(rng.standard_normal(80), 1).astype(np.float32)
    strata = rng.choice([0, 2, 3], 80).astype(np.uint8)  # one is empty
    expected = np.empty(80)
    for stratum in (0, 2, 3):
        expected[strata == stratum] = stats.rankdata(-values[strata == stratum])
    np.testing.assert_array_equal(Ranking(values).places_within(strata), expected)
    codes = np.unique(values, return_inverse=True)[1] * 3  # bins without voxels lie between
    np.testing.assert_array_equal(BinnedRanking(codes).places_within(strata), expected)


@pytest.mark.parametrize("kind", ["positive", "signed"])
def test_bins_rank_large_maps_almost_as_sorting_does(rng, kind):
    n = FEWEST_TO_BIN + 1
    reference = rng.random(n) < 0.02
    values = (rng.standard_normal(n) + 0.5 * reference).astype(np.float32)
    values = np.abs(values) if kind == "positive" else values
    binned, exact = rank(values), Ranking(values)
    assert isinstance(binned, BinnedRanking)
    assert len(binned.kept) < len(exact.kept) / 5
    aucs = [np.trapezoid(*reversed(one.against(reference).rates())) for one in (binned, exact)]
    assert aucs[0] == pytest.approx(aucs[1], abs=5e-4)
    size = int(reference.sum())
    dices = [one.against(reference).dice_at(size) for one in (binned, exact)]
    assert dices[0] == pytest.approx(dices[1], abs=1e-3)
    np.testing.assert_allclose(binned.places(), exact.places(), atol=1e-3 * n)
    assert binned.first(size).sum() == pytest.approx(size, rel=1e-4)


def test_maps_that_bins_would_blur_are_sorted(rng):
    values = (1000 + rng.random(FEWEST_TO_BIN + 1)).astype(np.float32)
    assert type(rank(values)) is Ranking
