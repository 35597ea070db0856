"""What every method keeps to, whatever it computes."""

import numpy as np
import pytest
import torch

from relmaps.catalogue.maps import HEATMAPS, MAPS
from relmaps.relevance.methods import open_method
from relmaps.relevance.methods.method import Context

SETTINGS = {
    "integrated_gradients": {"rule": "trapezoid", "steps": 4, "tolerance": 0.01, "max_steps": 64},
    "expected_gradients": {"samples": 5},
    "guided_gradcam": {},
    "gradcam": {},
    "guided_backprop": {},
    "gradient": {},
    "gradient_x_input": {},
    "smoothgrad": {"samples": 5, "noise": 0.1},
    "occlusion": {"patch_mm": 30, "stride_mm": 16},
    "region_occlusion": {"atlas": None},
}


@pytest.fixture(params=SETTINGS)
def method(request, grid, brain):
    """Ready for a fold, eight scans at once."""
    controls = torch.randn(4, 1, *grid.shape, generator=torch.Generator().manual_seed(7))

    def draw(n, seed):
        return controls[np.random.default_rng(seed).choice(len(controls), n)]

    return open_method(request.param, SETTINGS[request.param]).prepared(Context(grid, brain, draw, 8, 3))


def test_all_methods_are_tested_here_or_as_lrp():
    assert {name for name in HEATMAPS if MAPS[name].method.section != "lrp"} == set(SETTINGS)


def test_map_has_the_scans_shape_and_shows_something(method, network, scans):
    x, coefficients = scans
    maps = method.explain(network, x, coefficients)
    assert maps.shape == x[:, 0].shape
    assert maps.dtype == torch.float32
    assert not maps.requires_grad
    assert torch.isfinite(maps).all()
    assert maps.any()


def test_map_depends_on_the_explained_class(method, network, scans):
    x, coefficients = scans
    one, other = (method.explain(network, x, part) for part in (coefficients, 1 - coefficients))
    assert torch.linalg.norm(one - other) > 0.5 * torch.maximum(torch.linalg.norm(one), torch.linalg.norm(other))


def test_map_does_not_depend_on_batch_mates(method, network, scans):
    x, coefficients = scans
    together = method.explain(network, x, coefficients)
    order = [3, 1, 4]
    apart = torch.cat([method.explain(network, x[[n]], coefficients[[n]]) for n in range(len(x))])
    mixed = method.explain(network, x[order], coefficients[order])
    scale = 1e-5 * together.abs().max().item()
    torch.testing.assert_close(apart, together, rtol=1e-3, atol=scale)
    torch.testing.assert_close(mixed, together[order], rtol=1e-3, atol=scale)


def test_same_bytes_again(method, network, scans):
    x, coefficients = scans
    assert torch.equal(method.explain(network, x, coefficients), method.explain(network, x, coefficients))


def test_leaves_network_and_scans_as_they_were(method, network, scans):
    x, coefficients = scans
    before, scan = network(x), x.clone()
    method.explain(network, x, coefficients)
    assert torch.equal(network(x), before)
    assert torch.equal(x, scan)
    assert not x.requires_grad
    assert all(parameter.grad is None and not parameter.requires_grad for parameter in network.parameters())
    hooks = ("_backward_hooks", "_forward_hooks", "_forward_pre_hooks", "_backward_pre_hooks")
    assert not any(getattr(layer, kind) for layer in network.layers for kind in hooks)
