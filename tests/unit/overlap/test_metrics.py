from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage, stats
from sklearn.metrics import average_precision_score, roc_auc_score

from relmaps.overlap.map_comparison import MapComparison
from relmaps.overlap.metrics import METRICS, score
from relmaps.overlap.metrics.top_intersection import TOP_SHARE
from relmaps.overlap.ranking import FEWEST_TO_BIN, BinnedRanking, Ranking, rank
from relmaps.overlap.target import Target, target_of, tissue_strata
from relmaps.space.grid import Grid

SHAPE = (8, 9, 7)
AFFINE = np.array([[-3.0, 0, 0, 20], [0, 2.5, 0.2, -30], [0, -0.2, 2.5, 5], [0, 0, 0, 1]])
KINDS = ["continuous", "many ties", "mostly zero", "constant", "float32"]
SCORED = np.ones(SHAPE, dtype=bool)
SCORED[:, 4] = False


def two_blobs_and_a_voxel():
    mask = np.zeros(SHAPE, dtype=bool)
    mask[1:3, 1:4, 1:3], mask[5:8, 5:8, 3:6], mask[0, 8, 6] = True, True, True
    return mask


@pytest.fixture(scope="module")
def gm():
    """(n,) grey matter probability, higher in the reference: below .3 it has no voxel, above .7 there is no other."""
    return (0.3 * two_blobs_and_a_voxel() + 0.7 * np.random.default_rng(1).random(SHAPE))[SCORED]


@pytest.fixture
def target(rng, gm):
    """In a box of which one slice is not scored."""
    mask = two_blobs_and_a_voxel()
    evidence = mask + rng.standard_normal(SHAPE)
    return target_of(mask, SCORED, Grid(SHAPE, AFFINE, "some"), evidence, tissue_strata(gm))


@pytest.fixture(params=KINDS)
def case(request, rng, target):
    n, reference = len(target.inside), target.inside
    values = {
        "continuous": rng.standard_normal(n) + reference,
        "many ties": rng.integers(0, 6, n) + reference,
        "mostly zero": np.maximum(rng.standard_normal(n) - 1, 0),
        "constant": np.ones(n),
        "float32": (rng.standard_normal(n) - reference).astype(np.float32),
    }[request.param]
    return values, target


def one(name, values, target):
    return METRICS[name](MapComparison(values, Ranking(values), target))


def kept_at_random(values, size, rng):
    """One of the orders of equal values."""
    kept = np.zeros(values.size, dtype=bool)
    kept[np.lexsort((rng.random(values.size), -values))[:size]] = True
    return kept


def mean_over_orders(measure, values, target, rng, n=400):
    """(mean, five standard errors) over random orders of equal values."""
    found = [measure(kept_at_random(values, target.size, rng)) for _ in range(n)]
    return np.mean(found), 5 * np.std(found) / np.sqrt(n) + 1e-6


def test_roc_auc_is_that_of_scikit_learn(case):
    values, target = case
    assert one("roc_auc", *case) == pytest.approx(roc_auc_score(target.inside, values), abs=1e-12)


def test_average_precision_is_that_of_scikit_learn(case):
    values, target = case
    assert one("average_precision", *case) == pytest.approx(average_precision_score(target.inside, values), abs=1e-12)


def test_roc_auc_is_the_share_of_pairs_in_order(case):
    values, target = case
    above, below = values[target.inside][:, None], values[~target.inside][None, :]
    assert one("roc_auc", *case) == pytest.approx(((above > below) + 0.5 * (above == below)).mean(), abs=1e-12)


@pytest.mark.parametrize("name", ["partial_auc", "tissue_adjusted_auc"])
def test_chance_is_one_half(name, target):
    assert one(name, np.ones(len(target.inside)), target) == pytest.approx(0.5, abs=1e-12)


def test_partial_auc_is_that_of_scikit_learn(case):
    values, target = case
    assert one("partial_auc", *case) == pytest.approx(roc_auc_score(target.inside, values, max_fpr=0.1), abs=1e-12)


def test_tissue_adjusted_auc_is_the_share_of_pairs_of_alike_tissue_in_order(case, gm):
    values, target = case
    of_voxels = []
    for voxel in np.flatnonzero(target.inside):
        pairs = [
            (values[voxel] > values[other]) + 0.5 * (values[voxel] == values[other])
            for other in np.flatnonzero(~target.inside)
            if int(10 * gm[other]) == int(10 * gm[voxel])
        ]
        of_voxels += [np.mean(pairs)] if pairs else []
    assert 0 < len(of_voxels) < target.size
    assert one("tissue_adjusted_auc", *case) == pytest.approx(np.mean(of_voxels), abs=1e-12)


def test_tissue_alone_has_a_tissue_adjusted_auc_of_chance(rng):
    """A reference that is the more frequent the more grey matter there is."""
    n = 20_000
    gm = rng.random(n)
    target = Target(rng.random(n) < 0.1 * gm**3, np.zeros((n, 3)), np.zeros(n, dtype=int), strata=tissue_strata(gm))
    assert one("roc_auc", gm, target) > 0.75
    assert one("tissue_adjusted_auc", gm, target) == pytest.approx(0.5, abs=0.05)
    assert one("tissue_adjusted_auc", tissue_strata(gm).astype(float), target) == pytest.approx(0.5, abs=1e-12)


def test_tissue_adjusted_auc_needs_strata_with_voxels_on_both_sides(target):
    values = np.arange(float(len(target.inside)))
    apart = replace(target, strata=target.inside.astype(np.uint8))
    for of_target in (apart, replace(target, strata=None)):
        assert np.isnan(one("tissue_adjusted_auc", values, of_target))


def test_strata_are_ten_bins_of_equal_width():
    strata = tissue_strata(np.array([0, 0.05, 0.1, 0.55, 0.99, 1, 1 + 1e-6, -1e-6]))
    np.testing.assert_array_equal(strata, [0, 0, 1, 5, 9, 9, 9, 0])


def test_tissue_adjusted_auc_of_a_binned_map_is_almost_exact(rng):
    n = FEWEST_TO_BIN + 1
    inside, gm = rng.random(n) < 0.02, rng.random(n)
    values = np.abs(rng.standard_normal(n) + inside + gm).astype(np.float32)
    target = Target(inside, np.zeros((n, 3)), np.zeros(n, dtype=int), strata=tissue_strata(gm))
    assert isinstance(rank(values), BinnedRanking)
    metric = METRICS["tissue_adjusted_auc"]
    exact, binned = (metric(MapComparison(values, ranking, target)) for ranking in (Ranking(values), rank(values)))
    assert binned == pytest.approx(exact, abs=5e-5)


def test_dice_is_the_mean_over_orders_of_equal_values(case, rng):
    values, target = case
    reference = target.inside
    expected, error = mean_over_orders(
        lambda kept: 2 * (kept & reference).sum() / (kept.sum() + reference.sum()), values, target, rng
    )
    assert one("dice", *case) == pytest.approx(expected, abs=error)


def test_dice_max_is_the_best_threshold(case):
    values, target = case
    dices = []
    for threshold in values:
        kept = values >= threshold
        dices.append(2 * (kept & target.inside).sum() / (kept.sum() + target.inside.sum()))
    assert one("dice_max", *case) == pytest.approx(max(dices), abs=1e-12)


def test_mass_accuracy_is_the_share_of_positive_relevance(case):
    values, target = case
    inside = sum(max(value, 0) for value, hit in zip(values, target.inside, strict=True) if hit)
    assert one("mass_accuracy", *case) == pytest.approx(inside / sum(max(value, 0) for value in values), rel=1e-5)


def test_mass_accuracy_needs_positive_values(target):
    assert np.isnan(one("mass_accuracy", -np.ones(len(target.inside)), target))


def test_top_intersection_is_the_share_of_the_highest_voxels_in_the_reference(rng, target):
    values = rng.standard_normal(len(target.inside)) + target.inside
    k = TOP_SHARE * values.size
    order = np.argsort(-values)
    whole = int(k)
    hits = target.inside[order[:whole]].sum() + (k - whole) * target.inside[order[whole]]
    assert one("top_intersection", values, target) == pytest.approx(hits / k)


def test_spearman_is_that_of_scipy(case):
    values, target = case
    expected = np.nan if np.ptp(values) == 0 else stats.spearmanr(values, target.evidence).statistic
    assert one("spearman", *case) == pytest.approx(expected, abs=1e-6, nan_ok=True)


def test_centre_distance_is_between_the_centres_in_mm(rng, target):
    values = rng.standard_normal(len(target.inside)) + target.inside
    kept = kept_at_random(values, target.size, rng)
    expected = np.linalg.norm(target.positions[kept].mean(axis=0) - target.positions[target.inside].mean(axis=0))
    assert one("centre_distance_mm", values, target) == pytest.approx(expected, rel=1e-5)


def test_hausdorff_is_the_larger_percentile_of_the_nearest_distances(rng, target):
    values = rng.standard_normal(len(target.inside)) + target.inside
    kept = kept_at_random(values, target.size, rng)
    distances = np.linalg.norm(target.positions[kept][:, None] - target.positions[target.inside][None], axis=2)
    expected = max(np.percentile(distances.min(axis=1), 95), np.percentile(distances.min(axis=0), 95))
    assert one("hausdorff_95_mm", values, target) == pytest.approx(expected)


def test_average_distance_is_the_mean_of_the_nearest_distances_both_ways(case, rng):
    """There over the orders of equal values; back to all that share the last place."""
    values, target = case
    between = np.linalg.norm(target.positions[:, None] - target.positions[target.inside][None], axis=2)
    there, error = mean_over_orders(lambda kept: between[kept].min(axis=1).mean(), values, target, rng)
    last = np.sort(values)[-target.size]
    back = between[values >= last].min(axis=0).mean()
    assert one("average_distance_mm", *case) == pytest.approx((there + back) / 2, abs=error)


def test_average_distance_grows_with_a_shift_where_others_stand_still():
    """Two balls that move apart: their common centre stays, and from 12 mm on nothing overlaps."""
    shape = (31, 9, 7)
    grid = Grid(shape, AFFINE, "some")
    x, y, z = (axis - axis[15, 4, 3] for axis in grid.coordinates())

    def balls(mm):
        return ((np.abs(x) - 12 - mm) ** 2 + y**2 + z**2 < 6**2).astype(float)

    target = target_of(balls(0) > 0, np.ones(shape, dtype=bool), grid)
    moved = [balls(mm).ravel() for mm in (0, 3, 6, 12, 18, 24)]
    names = ("average_distance_mm", "dice", "centre_distance_mm")
    distances, dices, centres = ([one(name, values, target) for values in moved] for name in names)
    assert distances[0] == 0
    assert (np.diff(distances) > 1).all()
    assert dices[3:] == [0, 0, 0]
    np.testing.assert_allclose(centres, 0, atol=0.2)


def test_cluster_hit_rate_counts_each_part_alike(case, rng):
    values, target = case
    volume = np.zeros(SHAPE, dtype=int)
    volume[:, [0, 1, 2, 3, 5, 6, 7, 8]] = target.inside.reshape(8, 8, 7)
    parts = ndimage.label(volume, np.ones((3, 3, 3)))[0][:, [0, 1, 2, 3, 5, 6, 7, 8]].ravel()
    assert parts.max() == 3

    def rate(kept):
        return np.mean([kept[parts == part].mean() for part in (1, 2, 3)])

    expected, error = mean_over_orders(rate, values, target, rng)
    assert one("cluster_hit_rate", *case) == pytest.approx(expected, abs=error)


@pytest.mark.parametrize("name", list(METRICS))
def test_a_perfect_map_is_best_and_bounds_hold(name, target):
    metric = METRICS[name]
    best, worst = (one(name, np.where(target.inside, high, 1 - high), target) for high in (1.0, 0.0))
    assert (best > worst) == metric.higher_is_better
    assert metric.bounds[0] <= min(best, worst) <= max(best, worst) <= metric.bounds[1]
    if name not in ("spearman", "top_intersection"):
        assert best == pytest.approx(metric.bounds[1 if metric.higher_is_better else 0])


@pytest.mark.parametrize("name", list(METRICS))
def test_the_unbounded_scale_leads_back(name):
    metric = METRICS[name]
    values = np.maximum([0.01, 0.3, 0.9], metric.bounds[0] + 0.01)
    np.testing.assert_allclose(metric.bounded(metric.unbounded(values)), values)
    assert np.isfinite(metric.unbounded(np.array([0.0, 1.0]))).all()


def test_scores_are_of_ranks_but_for_mass(case):
    """A monotone change of the values moves no metric but mass accuracy."""
    values, target = case
    before, after = (score(v, [target])[0] for v in (values, np.exp(values.astype(float))))
    moved = list(METRICS).index("mass_accuracy")
    np.testing.assert_allclose(np.delete(after, moved), np.delete(before, moved), rtol=1e-6)


def test_a_reference_without_voxels_has_no_score(target, rng):
    scored = np.ones(SHAPE, dtype=bool)
    none, whole = (target_of(np.full(SHAPE, full), scored, Grid(SHAPE, AFFINE, "some")) for full in (False, True))
    some = target_of(np.arange(scored.size).reshape(SHAPE) > 300, scored, Grid(SHAPE, AFFINE, "some"))
    scores = score(rng.random(scored.size), [none, whole, some])
    assert scores.shape == (3, len(METRICS))
    assert np.isnan(scores[:2]).all()
    assert np.isnan(scores[2]).sum() == 2, "spearman without an unthresholded map, and adjusted AUC without strata"
