import numpy as np
import pytest

from relmaps.io.images import write_map
from relmaps.overlap.arena import open_arena
from relmaps.overlap.draws import read_draws
from relmaps.overlap.metrics import METRICS
from relmaps.overlap.spatial import spatial_null
from tests.small_arena import write_arena
from workflow.scripts import draw_null


@pytest.fixture
def arguments(tmp_path, grid, brain, rng):
    write_map(rng.random(grid.shape) * brain, tmp_path / "group.nii.gz", grid)
    return {
        "published": tmp_path / "group.nii.gz",
        "arena_files": write_arena(tmp_path, grid, brain),
        "cells": [{"sign": "abs", "smoothing_mm": 8, "mask": "brain"}],
        "n_fields": 20,
        "seed": 3,
        "null": tmp_path / "null.npz",
    }


def test_the_null_of_a_map_is_on_disk(arguments):
    draw_null.main(**arguments)
    ((cell, null),) = read_draws(arguments["null"]).items()
    arena = open_arena(**arguments["arena_files"])
    values = arena.read(arguments["published"])
    expected = spatial_null(values, arena, cell, 20, 3)
    np.testing.assert_array_equal(null.scores, expected)
    assert null.scores.shape == (20, 1, len(METRICS))
    assert 0.2 < null.of("truth", "roc_auc").mean() < 0.8


def test_the_same_seed_gives_the_same_bytes(arguments, tmp_path):
    draw_null.main(**arguments)
    draw_null.main(**arguments | {"null": tmp_path / "again.npz"})
    assert (tmp_path / "again.npz").read_bytes() == arguments["null"].read_bytes()
