from types import SimpleNamespace

import numpy as np
import pytest

from relmaps.overlap import bootstrap
from relmaps.overlap.arena import Arena
from relmaps.overlap.bootstrap import bootstrap_map, check_published
from relmaps.overlap.draws import read_draws


@pytest.fixture
def subject_maps(arena, rng):
    return rng.standard_normal((12, arena.brain.sum())).astype(np.float32)


@pytest.fixture
def group_map(subject_maps):
    """The mean over subjects as a function of their weights."""

    class Mean(SimpleNamespace):
        def __call__(self, weights):
            return (weights @ subject_maps / weights.sum(axis=1, keepdims=True)).astype(np.float32)

        def published(self):
            return self(np.ones((1, 12)))[0]

    return Mean(name="mean", subject_based=True)


def test_each_draw_is_the_score_of_the_mean_of_the_subjects_drawn(group_map, arena, headline, subject_maps, rng):
    weights = rng.multinomial(12, np.full(12, 1 / 12), size=7)
    draws = bootstrap_map(group_map, weights, arena, headline)
    scorer = arena.scorer(headline)
    for row, drawn in zip(draws.scores, weights, strict=True):
        repeated = np.repeat(subject_maps, drawn, axis=0).mean(axis=0)
        np.testing.assert_allclose(row, scorer(repeated), atol=1e-6)
    np.testing.assert_array_equal(draws.of("truth", "roc_auc"), draws.scores[:, 1, 2])


def test_blocks_do_not_change_the_draws(group_map, arena, headline, rng, monkeypatch):
    weights = rng.multinomial(12, np.full(12, 1 / 12), size=7)
    whole = bootstrap_map(group_map, weights, arena, headline)
    monkeypatch.setattr(bootstrap, "BLOCK_BYTES", 8 * arena.brain.sum())
    np.testing.assert_allclose(bootstrap_map(group_map, weights, arena, headline).scores, whole.scores, atol=1e-6)


def test_a_map_without_subjects_has_no_draws(group_map, arena, headline):
    group_map.subject_based = False
    assert bootstrap_map(group_map, np.ones((5, 12)), arena, headline).of("truth", "dice").size == 0


def test_empty_references_cost_no_work(group_map, arena, headline):
    empty = [type(r)(r.name, np.zeros_like(r.mask), r.kind, None) for r in arena.references]
    group_map.__class__.__call__ = None  # calling it would raise
    draws = bootstrap_map(group_map, np.ones((5, 12)), Arena(arena.grid, arena.masks, empty), headline)
    assert draws.scores.shape == (5, 2, 4)
    assert np.isnan(draws.scores).all()


def test_draws_are_read_back_and_the_file_is_the_same_bytes(group_map, arena, headline, tmp_path):
    draws = bootstrap_map(group_map, np.ones((3, 12)), arena, headline)
    for name in ("a.npz", "b.npz"):
        draws.write(tmp_path / name)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    read = read_draws(tmp_path / "a.npz")
    np.testing.assert_array_equal(read.scores, draws.scores)
    assert (read.references, read.metrics) == (draws.references, draws.metrics)


def test_a_published_map_that_is_not_the_one_resampled_is_a_defect(group_map):
    check_published(group_map, group_map.published() + 1e-9)
    with pytest.raises(ValueError, match="mean: the map to resample differs"):
        check_published(group_map, -group_map.published())
