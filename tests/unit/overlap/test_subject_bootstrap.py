from types import SimpleNamespace

import numpy as np
import pytest

from relmaps.overlap import bootstrap
from relmaps.overlap.bootstrap import bootstrap_map, check_published
from relmaps.overlap.bootstrap_samples import read_samples, write_samples
from relmaps.overlap.map_transform import MapTransform
from relmaps.overlap.metrics import METRICS
from relmaps.overlap.population import Shrinkage
from relmaps.overlap.resampling import interval
from relmaps.overlap.scoring_space import ScoringSpace


def make_mean(subject_maps):
    """The mean over subjects as a function of their weights."""

    class Mean(SimpleNamespace):
        def __call__(self, weights):
            # one after the other, since a product of another shape rounds otherwise
            return np.array([row @ subject_maps / row.sum() for row in weights], dtype=np.float32)

        def published(self):
            return self(np.ones((1, len(subject_maps))))[0]

    return Mean(name="mean", subject_based=True)


@pytest.fixture
def subject_maps(scoring_space, rng):
    return rng.standard_normal((12, scoring_space.brain.sum())).astype(np.float32)


@pytest.fixture
def group_map(subject_maps):
    return make_mean(subject_maps)


@pytest.fixture
def smooth(scoring_space, rng):
    """A function that makes (n, n_voxels) smooth noise of spread 1."""
    blur = MapTransform(scoring_space.brain, scoring_space.grid.voxel_mm, "signed", 20)

    def make(n):
        maps = blur(rng.standard_normal((n, scoring_space.brain.sum())))
        return maps / maps.std()

    return make


def test_draws_follow_the_formula(group_map, scoring_space, primary, rng):
    """o + (s - median s*) - f (s* - median s*), on the unbounded scale, of one reference."""
    weights = rng.multinomial(12, np.full(12, 1 / 12), size=40)
    published, samples = group_map.published(), group_map(weights)
    noise = [
        np.sqrt(12 / ((w - 1.0) ** 2).sum()) * (draw - published) for w, draw in zip(weights, samples, strict=True)
    ]
    shrink = Shrinkage(scoring_space, scoring_space.references[1].mask[scoring_space.brain])
    shrink.learn(np.array(noise))
    quiet = shrink(published[None])[0]
    auc, scorer = METRICS["roc_auc"], scoring_space.scorer(primary)
    column = list(METRICS).index("roc_auc")

    def scale(values):
        return auc.unbounded(scorer(np.asarray(values, dtype=np.float32))[1, column])

    after = np.array([scale(quiet + added) for added in noise])
    again = []
    for place in range(1, len(noise)):
        shrunk = shrink(quiet[None] + noise[place])[0]
        again.append(after[place] + scale(shrunk) - scale(shrunk + noise[place - 1]))
    f = np.sqrt(max(1, np.var(again) / after.var() - 1))
    expected = scale(published) + scale(quiet) - np.median(after) - f * (after - np.median(after))
    found = bootstrap_map(group_map, weights, scoring_space, primary).of("truth", "roc_auc")
    np.testing.assert_allclose(found, auc.bounded(expected), atol=1e-4)


@pytest.mark.long
def test_intervals_hold_the_score_without_noise_where_percentiles_do_not(scoring_space, primary, smooth, rng):
    """Simulated population map + noise. Measured at length, over many more settings, by benchmarks/coverage.py."""
    reference = scoring_space.references[1].mask[scoring_space.brain]
    column = list(METRICS).index("roc_auc")
    held = {"corrected": 0, "percentile": 0}
    for _ in range(20):
        population = smooth(1)[0] + 1.5 * reference
        subjects = population + 3 * smooth(20)
        truth = scoring_space.scorer(primary)(population.astype(np.float32))[1, column]
        weights = rng.multinomial(20, np.full(20, 1 / 20), size=100)
        low, high = interval(
            bootstrap_map(make_mean(subjects), weights, scoring_space, primary).of("truth", "roc_auc"), 0.95
        )
        held["corrected"] += low <= truth <= high
        plain = [
            scoring_space.scorer(primary)(values.astype(np.float32))[1, column] for values in weights @ subjects / 20
        ]
        low, high = interval(np.array(plain), 0.95)
        held["percentile"] += low <= truth <= high
    assert held["corrected"] >= 0.75 * 20  # 1 in 3,000 to fall short of this if the coverage is .95
    assert held["percentile"] < held["corrected"]


def test_reliability_is_the_share_of_variance_that_is_not_noise(scoring_space, primary, smooth, rng):
    population = smooth(1)[0]
    weights = rng.multinomial(40, np.full(40, 1 / 40), size=100)
    found = [
        bootstrap_map(make_mean(population + noise * smooth(40)), weights, scoring_space, primary).reliability
        for noise in (1, 3)
    ]
    assert found == pytest.approx([1 / (1 + 1 / 40), 1 / (1 + 9 / 40)], abs=0.1)


def test_blocks_do_not_change_the_draws(group_map, scoring_space, primary, rng, monkeypatch):
    weights = rng.multinomial(12, np.full(12, 1 / 12), size=7)
    whole = bootstrap_map(group_map, weights, scoring_space, primary)
    for samples_at_once in (1, 3):
        monkeypatch.setattr(bootstrap, "BLOCK_BYTES", samples_at_once * 4 * scoring_space.brain.sum())
        again = bootstrap_map(group_map, weights, scoring_space, primary)
        np.testing.assert_allclose(again.scores, whole.scores, atol=1e-6)
        assert again.reliability == pytest.approx(whole.reliability)


def test_a_map_without_subjects_has_no_draws(group_map, scoring_space, primary):
    group_map.subject_based = False
    assert bootstrap_map(group_map, np.ones((5, 12)), scoring_space, primary).of("truth", "dice").size == 0


def test_empty_references_cost_no_work(group_map, scoring_space, primary):
    empty = [type(r)(r.name, np.zeros_like(r.mask), r.kind, None) for r in scoring_space.references]
    group_map.__class__.__call__ = None  # calling it would raise
    samples = bootstrap_map(
        group_map, np.ones((5, 12)), ScoringSpace(scoring_space.grid, scoring_space.masks, empty), primary
    )
    assert samples.scores.shape == (5, 2, len(METRICS))
    assert np.isnan(samples.scores).all()


def test_draws_are_read_back_and_the_file_is_the_same_bytes(group_map, scoring_space, primary, rng, tmp_path):
    samples = bootstrap_map(group_map, rng.multinomial(12, np.full(12, 1 / 12), size=3), scoring_space, primary)
    for name in ("a.npz", "b.npz"):
        write_samples({primary: samples}, tmp_path / name)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    read = read_samples(tmp_path / "a.npz")[primary]
    np.testing.assert_array_equal(read.scores, samples.scores)
    assert read.reliability == samples.reliability
    assert (read.references, read.metrics) == (samples.references, samples.metrics)


def test_a_published_map_that_is_not_the_one_resampled_is_a_defect(group_map):
    check_published(group_map, group_map.published() + 1e-9)
    with pytest.raises(ValueError, match="mean: the map to resample differs"):
        check_published(group_map, -group_map.published())
