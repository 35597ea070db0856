import logging

import pytest
import torch
from captum.attr import IntegratedGradients as Oracle
from torch import nn

from relmaps.io.errors import UserError
from relmaps.relevance.methods import integrated_gradients
from relmaps.relevance.methods.gradient import Gradient
from relmaps.relevance.methods.gradient_x_input import GradientTimesInput
from relmaps.relevance.methods.integrated_gradients import IntegratedGradients, middles, trapezoid
from relmaps.relevance.methods.method import Context


def fixed(rule, steps, at_once=1):
    return IntegratedGradients(rule, steps, None, steps, at_once)


def held(tolerance, max_steps, at_once=1, steps=2):
    return IntegratedGradients("trapezoid", steps, tolerance, max_steps, at_once)


def errors(method, network, x, coefficients):
    expected = method.expected_sum(network, x, coefficients).double()
    sums = method.explain(network, x, coefficients).sum((1, 2, 3), dtype=torch.float64)
    return ((sums - expected) / expected).abs()


def assert_close(maps, other):
    torch.testing.assert_close(maps, other, rtol=1e-3, atol=1e-5 * other.abs().max().item())


@pytest.fixture
def passes(monkeypatch):
    """How many scans go through the network in each pass with a gradient."""
    counts, original = [], integrated_gradients.gradients_of_copies

    def counted(network, copies, coefficients):
        counts.append(copies.shape[0] * copies.shape[1])
        return original(network, copies, coefficients)

    monkeypatch.setattr(integrated_gradients, "gradients_of_copies", counted)
    return counts


@pytest.mark.parametrize("at_once", [1, 17])
def test_left_rule_equals_captum(network, scans, at_once):
    x, coefficients = scans
    maps = fixed("left", 20, at_once).explain(network, x, coefficients)
    oracle = Oracle(network).attribute(x, target=coefficients.argmax(1), n_steps=20, method="riemann_left")
    assert_close(maps, oracle[:, 0])


@pytest.mark.parametrize("at_once", [1, 17])
def test_trapezoid_equals_literal_loop(network, scans, at_once):
    """The integral of 2 s g(s²) over [0, 1], gradients g at whole scans, the two ends by half."""
    x, coefficients = scans
    literal = torch.zeros(x[:, 0].shape)
    for k in range(13):
        s = k / 12
        literal += (0.5 if k in (0, 12) else 1) / 12 * 2 * s * Gradient().explain(network, s * s * x, coefficients)
    assert_close(fixed("trapezoid", 12, at_once).explain(network, x, coefficients), x[:, 0] * literal)


def test_both_rules_converge_to_the_same_map_the_trapezoid_faster(network, scans):
    x, coefficients = scans
    limit = fixed("left", 3000, 500).explain(network, x, coefficients)
    left, squared = (fixed(rule, 40, 200).explain(network, x, coefficients) for rule in ("left", "trapezoid"))
    assert torch.linalg.norm(squared - limit) < 0.5 * torch.linalg.norm(left - limit)


def test_doubled_rule_holds_the_old_places_and_the_middles():
    places, weights = trapezoid(8)
    old, between = trapezoid(4), middles(4)
    torch.testing.assert_close(places[1::2], old[0])
    torch.testing.assert_close(places[::2], between[0])
    torch.testing.assert_close(weights[1::2], old[1] / 2)
    torch.testing.assert_close(weights[::2], between[1] / 2)
    assert weights.sum() == pytest.approx(1)


def test_tolerance_is_kept_by_every_scan(network, scans):
    x, coefficients = scans
    assert errors(fixed("trapezoid", 2), network, x, coefficients).max() > 0.02
    for tolerance in (0.02, 0.002):
        assert (errors(held(tolerance, 4096, 50), network, x, coefficients) <= tolerance * 1.01).all()


def test_nothing_is_evaluated_twice_and_finished_scans_drop_out(network, scans, passes):
    x, coefficients = scans
    alone = []
    for n in range(len(x)):
        held(0.01, 4096).explain(network, x[n : n + 1], coefficients[n : n + 1])
        alone.append(len(passes))
        passes.clear()
    assert all((steps & (steps - 1)) == 0 for steps in alone)
    assert len(set(alone)) > 1
    maps = held(0.01, 4096, 8).explain(network, x, coefficients)
    assert sum(passes) == sum(alone)
    assert max(passes) <= 8
    for n, steps in enumerate(alone):
        whole = fixed("trapezoid", steps).explain(network, x[n : n + 1], coefficients[n : n + 1])
        assert_close(maps[n : n + 1], whole)


def test_says_how_many_scans_did_not_reach_the_tolerance(network, scans, caplog):
    x, coefficients = scans
    with caplog.at_level(logging.INFO, "relmaps"):
        maps = held(1e-9, 4).explain(network, x, coefficients)
    assert "up to 4 steps, 5 of 5 scans above the tolerance" in caplog.text
    assert_close(maps, fixed("trapezoid", 4).explain(network, x, coefficients))


def test_linear_network_without_bias_gives_gradient_times_input(stack, scans):
    x, coefficients = scans
    linear = stack(nn.Conv3d(1, 2, 3, bias=False), nn.AvgPool3d(2), nn.Flatten(), nn.Linear(72, 2, bias=False))
    product = GradientTimesInput().explain(linear, x, coefficients)
    for method in (fixed("left", 3), fixed("trapezoid", 3), held(1e-3, 64)):
        torch.testing.assert_close(method.explain(linear, x, coefficients), product)


def test_affine_network_is_complete_with_one_step(stack, scans):
    """The part before the first nonlinearity may be the whole network."""
    x, coefficients = scans
    whole = stack(nn.Conv3d(1, 2, (9, 11, 8)), nn.BatchNorm3d(2), nn.Flatten())
    for rule in ("left", "trapezoid"):
        assert (errors(fixed(rule, 1), whole, x, coefficients) < 1e-4).all()


def test_takes_what_may_go_through_together_from_the_fold(grid, brain):
    method = held(0.01, 64).prepared(Context(grid, brain, controls=None, images_at_once=9))
    assert method == held(0.01, 64, 9)


def test_leaves_network_and_scans_alone(network, scans):
    x, coefficients = scans
    held(0.01, 8).explain(network, x, coefficients)
    assert not x.requires_grad
    assert all(parameter.grad is None for parameter in network.parameters())


def test_left_rule_with_a_tolerance_is_told():
    with pytest.raises(UserError, match="set tolerance to null"):
        IntegratedGradients("left", 100, 0.01, 512)
    with pytest.raises(ValueError, match="simpson"):
        IntegratedGradients("simpson", 100, None, 512)
