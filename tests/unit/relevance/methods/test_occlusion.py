from itertools import product
from math import ceil

import pytest
import torch

from relmaps.io.errors import UserError
from relmaps.relevance.methods.method import Context, explained_value
from relmaps.relevance.methods.occlusion import Occlusion


def context(grid, brain, at_once=1):
    return Context(grid, brain, controls=None, images_at_once=at_once)


def literal_occlusion(network, x, coefficients, patch, stride):
    """Cube after cube, the last of an axis cut off at its end: the mean loss over the cubes that hold a voxel."""
    total, count = torch.zeros(x[:, 0].shape), torch.zeros(x.shape[2:])
    value = explained_value(network, x, coefficients)
    numbers = [range(ceil((size - p) / s) + 1) for size, p, s in zip(x.shape[2:], patch, stride, strict=True)]
    for place in product(*numbers):
        cube = tuple(slice(k * s, k * s + p) for k, s, p in zip(place, stride, patch, strict=True))
        hidden = x.clone()
        hidden[(..., *cube)] = 0
        total[(..., *cube)] += (value - explained_value(network, hidden, coefficients)).view(-1, 1, 1, 1)
        count[cube] += 1
    return total / count


@pytest.mark.parametrize("at_once", [1, 13])
@pytest.mark.parametrize(
    ("edges", "patch", "stride"), [((24, 16), (3, 3, 3), (2, 2, 2)), ((30, 30), (4, 3, 4), (4, 3, 4))]
)
def test_equals_literal_loop(network, scans, grid, brain, at_once, edges, patch, stride):
    """Voxels are 8 x 9 x 7 mm."""
    x, coefficients = scans
    method = Occlusion(*edges).prepared(context(grid, brain, at_once))
    assert (method.patch, method.stride) == (patch, stride)
    literal = literal_occlusion(network, x, coefficients, patch, stride)
    assert literal.any()
    torch.testing.assert_close(method.explain(network, x, coefficients), literal, rtol=1e-3, atol=1e-5)


def test_cube_is_at_least_a_voxel_and_at_most_the_grid(grid, brain):
    assert Occlusion(1, 1).prepared(context(grid, brain)).patch == (1, 1, 1)
    assert Occlusion(500, 500).prepared(context(grid, brain)).patch == grid.shape


def test_gaps_between_cubes_are_refused():
    with pytest.raises(UserError, match="stride_mm above patch_mm"):
        Occlusion(12, 24)
