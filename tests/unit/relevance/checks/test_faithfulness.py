import numpy as np
import pytest
import torch
from torch import nn

from relmaps.relevance import explain
from relmaps.relevance.checks import faithfulness
from relmaps.relevance.checks.blocks import cut_into_blocks
from relmaps.relevance.checks.faithfulness import (
    AXES,
    Replacing,
    Scan,
    area_table,
    curve_table,
    evidence_along,
    mean_image,
    rank_blocks,
)
from relmaps.relevance.methods.method import Method, explained_value

pytestmark = pytest.mark.fault

CPU = torch.device("cpu")
REPLACING = Replacing(block_mm=18, steps=5, random_orders=3, seed=7)


@pytest.fixture
def scan(cohort, stack):
    """A scan of someone with disease before a network that is not linear, two images at a time."""
    torch.manual_seed(0)
    network = stack(nn.Conv3d(1, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(2 * 7 * 9 * 6, 2))
    x, fill = (torch.from_numpy(image) for image in cohort.images[:2])
    blocks = cut_into_blocks(cohort.brain, cohort.grid.voxel_mm, 18)
    return Scan(network, x, fill, 1, blocks, at_once=2)


def compute_evidence(scan, replaced):
    """Literally: the logit of disease minus that of control, where the voxels in `replaced` come from the fill."""
    image = scan.x.clone()
    for place in np.argwhere(replaced):
        image[tuple(place)] = scan.fill[tuple(place)]
    with torch.no_grad():
        control, disease = scan.network(image[None, None])[0]
    return float(disease - control)


def test_deletion_replaces_the_first_blocks_of_the_order(scan, rng):
    ranks = rng.permutation(scan.blocks.n)
    counts = np.array([0, 2, 5, scan.blocks.n])
    first = np.argsort(ranks)
    expected = [compute_evidence(scan, np.isin(scan.blocks.index, first[:count])) for count in counts]
    np.testing.assert_allclose(scan.deletion(ranks, counts), expected, rtol=1e-4, atol=1e-5)


def test_insertion_keeps_the_first_blocks_of_the_order(scan, rng):
    ranks = rng.permutation(scan.blocks.n)
    counts = np.array([0, 2, 5, scan.blocks.n])
    first = np.argsort(ranks)
    expected = [compute_evidence(scan, np.isin(scan.blocks.index, first[count:])) for count in counts]
    np.testing.assert_allclose(scan.insertion(ranks, counts), expected, rtol=1e-4, atol=1e-5)


def test_voxels_of_no_block_stay(scan):
    counts = np.array([scan.blocks.n])
    outside = scan.blocks.index < 0
    assert outside.any()
    assert scan.deletion(np.arange(scan.blocks.n), counts)[0] == pytest.approx(
        compute_evidence(scan, ~outside), rel=1e-4
    )


def test_the_highest_relevance_is_first_and_ties_are_broken_as_told():
    relevance = np.array([0.1, -2.0, 5.0, 0.1])
    assert rank_blocks(relevance, ties=np.array([0, 1, 2, 3])).tolist() == [1, 3, 0, 2]
    assert rank_blocks(relevance, ties=np.array([3, 2, 1, 0])).tolist() == [2, 3, 0, 1]


def test_mean_image_is_the_mean(cohort):
    rows = np.array([1, 4, 6])
    expected = (cohort.images[1] + cohort.images[4] + cohort.images[6]) / 3
    np.testing.assert_allclose(mean_image(cohort.images, rows), expected, rtol=1e-5, atol=1e-6)


def test_an_exact_map_of_a_sum_is_the_best_order(adding, cohort, grid, brain):
    """With evidence sum(w x), relevance w (x - fill) makes deletion fall by the largest blocks first."""

    class Exact(Method):
        def explain(self, network, x, coefficients):
            mean = torch.from_numpy(adding.scaling.apply(cohort.images[:2].mean(axis=0)))
            weights = (coefficients @ network.layers[1].weight).view(len(x), *grid.shape)
            heat = torch.zeros(len(x), *grid.shape)
            for number in range(blocks.n):  # every voxel has the sum over its block
                inside = torch.from_numpy(blocks.index == number)
                heat[:, inside] = ((x[:, 0] - mean) * weights)[:, inside].sum(dim=1, keepdim=True)
            return heat

    blocks = cut_into_blocks(brain, grid.voxel_mm, REPLACING.block_mm)
    rows = np.array([2, 6])
    evidence = evidence_along(adding, cohort, rows, Exact(), CPU, REPLACING)
    assert evidence.shape == (2, 2, 2, 2, 6)
    weights = adding.network.layers[1].weight.detach().numpy()[1].reshape(grid.shape)
    mean = adding.scaling.apply(cohort.images[:2].mean(axis=0))
    for number, row in enumerate(rows):
        sign = 2 if cohort.labels[row] else -2  # true minus other logit of opposite ones
        x = adding.scaling.apply(cohort.images[row])
        gains = sorted(((sign * weights * (x - mean))[blocks.index == n].sum() for n in range(blocks.n)), reverse=True)
        start = sign * (weights * x).sum()
        expected = [start - sum(gains[:count]) for count in REPLACING.counts(blocks.n)]
        np.testing.assert_allclose(evidence[number, 0, 0, 0], expected, rtol=1e-3, atol=1e-3)
    deletion, insertion = evidence[:, 0, 0], evidence[:, 1, 0]
    assert (deletion[:, 0, 1:-1] < deletion[:, 1, 1:-1]).all()
    assert (insertion[:, 0, 1:-1] > insertion[:, 1, 1:-1]).all()


def test_curves_begin_and_end_with_the_whole_and_the_filled_scan(adding, cohort, method):
    evidence = evidence_along(adding, cohort, np.array([2, 6]), method, CPU, REPLACING)
    deletion, insertion = evidence[:, 0], evidence[:, 1]
    np.testing.assert_allclose(deletion[..., 0], insertion[..., -1], rtol=1e-4)
    np.testing.assert_allclose(deletion[..., -1], insertion[..., 0], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(deletion[:, 0, :, 0], deletion[:, 1, :, 0], rtol=1e-4)  # whole whatever the fill
    assert not np.allclose(deletion[:, 0, :, -1], deletion[:, 1, :, -1])


@pytest.mark.fault
def test_curves_of_images_that_do_not_fit_together_are_the_same(adding, cohort, method, monkeypatch, caplog):
    monkeypatch.setattr(explain, "VOXELS_AT_ONCE", 6 * cohort.brain.size)
    rows, sizes = np.array([2, 6]), []
    whole = evidence_along(adding, cohort, rows, method, CPU, REPLACING)

    def fits_two(network, x, coefficients):
        sizes.append(len(x))
        if len(x) > 2:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 1 bytes.")
        return explained_value(network, x, coefficients)

    monkeypatch.setattr(faithfulness, "explained_value", fits_two)
    split = evidence_along(adding, cohort, rows, method, CPU, REPLACING)
    assert sizes[:3] == [6, 3, 2]
    assert set(sizes[2:]) == {2}
    assert "batches to check are now split in 4 pieces" in caplog.text
    np.testing.assert_allclose(split, whole, rtol=1e-4, atol=1e-5)


def test_random_orders_are_the_same_for_every_method_and_not_for_every_seed(adding, cohort, method):
    class Other(Method):
        def explain(self, network, x, coefficients):
            return x[:, 0]

    rows = np.array([2, 6])
    one, other = (evidence_along(adding, cohort, rows, each, CPU, REPLACING) for each in (method, Other()))
    np.testing.assert_array_equal(one[:, :, :, 1], other[:, :, :, 1])
    assert not np.allclose(one[:, :, :, 0], other[:, :, :, 0])
    again = evidence_along(adding, cohort, rows, method, CPU, Replacing(18, 5, 3, 8))
    assert not np.allclose(one[:, :, :, 1, 1:-1], again[:, :, :, 1, 1:-1])
    np.testing.assert_array_equal(one[:, :, :, 0], again[:, :, :, 0])


def test_tables_hold_the_means_of_their_axes(rng):
    evidence = rng.normal(size=(4, 2, 2, 2, 6))
    table = curve_table(evidence).set_index([*AXES, "fraction"])
    assert len(table) == 48
    assert table.loc[("insertion", "control_mean", "random", 0.4), "evidence"] == evidence[:, 1, 0, 1, 2].mean()
    assert (table["n_scans"] == 4).all()


def test_areas_and_their_intervals_are_the_literal_ones(rng):
    evidence = rng.normal(size=(24, 2, 2, 2, 5)) + rng.normal(size=(24, 1, 1, 1, 1))
    strata = rng.permutation(np.repeat([2, 3], 12))
    table = area_table(evidence, strata, 4000, 0.9, seed=1).set_index(["curve", "fill"])
    row = table.loc[("deletion", "blurred")]
    areas = np.array([[sum((v[k] + v[k + 1]) / 2 for k in range(4)) / 4 for v in scan] for scan in evidence[:, 0, 1]])
    assert row["area"] == pytest.approx(areas[:, 0].mean())
    assert row["area_random"] == pytest.approx(areas[:, 1].mean())
    difference = areas[:, 0] - areas[:, 1]
    assert row["difference"] == pytest.approx(difference.mean())
    drawn = []
    for _ in range(4000):
        rows = np.concatenate([rng.choice(np.flatnonzero(strata == code), 12) for code in (2, 3)])
        drawn.append((areas[rows, 0].mean(), difference[rows].mean()))
    ends = np.quantile(drawn, [0.05, 0.95], axis=0)
    spread = np.std(drawn, axis=0)
    np.testing.assert_allclose(row[["ci_low", "ci_high"]].astype(float), ends[:, 0], atol=0.15 * spread[0])
    columns = ["difference_ci_low", "difference_ci_high"]
    np.testing.assert_allclose(row[columns].astype(float), ends[:, 1], atol=0.15 * spread[1])
