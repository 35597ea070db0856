"""The walk through a network against a literal one, in double precision, and what relevance promises."""

from copy import deepcopy
from dataclasses import replace

import pytest
import torch
from torch import nn

from relmaps.relevance.methods.gradient_x_input import GradientTimesInput
from relmaps.relevance.methods.lrp import LayerwiseRelevance, Lrp, LrpComposite, LrpEpsilon, LrpGamma, merge_batchnorm
from relmaps.relevance.methods.lrp_rules import AlphaBeta, Box, Epsilon, Gamma

EPSILON = 1e-6
METHODS = {
    "lrp": Lrp(beta=0.5, epsilon=EPSILON),
    "lrp_beta_0": Lrp(beta=0.0, epsilon=EPSILON),
    "lrp_beta_1": Lrp(beta=1.0, epsilon=EPSILON),
    "lrp_epsilon": LrpEpsilon(epsilon=EPSILON),
    "lrp_gamma": LrpGamma(gamma=0.25, epsilon=EPSILON),
    "lrp_composite": LrpComposite(gamma=0.25, epsilon=EPSILON),
}


def literal_rule(name, layer, layers):
    """Of the layer in a method; composite: by the kind of layer."""
    if name == "lrp_composite":
        first = next(other for other in layers if isinstance(other, nn.Conv3d))
        name = "box" if layer is first else "lrp_epsilon" if isinstance(layer, nn.Linear) else "lrp_gamma"
    return {
        "lrp": AlphaBeta(0.5, EPSILON),
        "lrp_beta_0": AlphaBeta(0.0, EPSILON),
        "lrp_beta_1": AlphaBeta(1.0, EPSILON),
        "lrp_epsilon": Epsilon(EPSILON),
        "lrp_gamma": Gamma(0.25, EPSILON),
        "box": Box(EPSILON),
    }[name]


def literal_winners(pool, x, relevance):
    """Every window of one scan gives its relevance to its largest voxel; x (c, nx, ny, nz)."""
    handed = torch.zeros_like(x)
    kernel, stride = ((v,) * 3 if isinstance(v, int) else v for v in (pool.kernel_size, pool.stride))
    for index in torch.cartesian_prod(*(torch.arange(n) for n in relevance.shape)).tolist():
        c, *start = index[0], *(i * s for i, s in zip(index[1:], stride, strict=True))
        window = x[c][tuple(slice(a, a + k) for a, k in zip(start, kernel, strict=True))]
        offset = torch.unravel_index(window.argmax(), window.shape)
        handed[(c, *(int(a + o) for a, o in zip(start, offset, strict=True)))] += relevance[tuple(index)]
    return handed


def merged_by_hand(layers):
    merged = []
    for layer in layers:
        if isinstance(layer, nn.BatchNorm3d):
            gain = layer.weight / torch.sqrt(layer.running_var + layer.eps)
            conv = deepcopy(merged.pop())
            conv.weight.data = conv.weight * gain[:, None, None, None, None]
            conv.bias.data = (conv.bias - layer.running_mean) * gain + layer.bias
            layer = conv
        merged.append(layer)
    return merged


def literal_lrp(name, layers, x, target):
    """LRP of one scan (1, 1, nx, ny, nz): rules, which have tests of their own, without the shortcut."""
    inputs = [x]
    for layer in layers:
        inputs.append(layer(inputs[-1]))
    relevance = torch.zeros_like(inputs[-1])
    relevance[0, target] = inputs.pop()[0, target]
    for layer in reversed(layers):
        value = inputs.pop()
        if isinstance(layer, nn.Conv3d | nn.Linear | nn.AvgPool3d):
            relevance = literal_rule(name, layer, layers).propagate(layer, value, False, relevance)
        elif isinstance(layer, nn.MaxPool3d):
            relevance = literal_winners(layer, value[0], relevance[0])[None]
        relevance = relevance.reshape(value.shape)
    return relevance[0, 0]


def assert_equal(maps, literal):
    torch.testing.assert_close(maps, literal, rtol=0, atol=1e-5 * literal.abs().max().item())


@pytest.mark.parametrize("signed", [True, False])
@pytest.mark.parametrize("batchnorm", ["merged", "identity"])
@pytest.mark.parametrize("name", METHODS)
def test_whole_network_equals_literal_walk(network, scans, name, batchnorm, signed):
    network, (x, coefficients) = network.double(), scans
    x = x.double() if signed else x.double().abs()
    layers = merged_by_hand(network.layers) if batchnorm == "merged" else list(network.layers)
    method = replace(METHODS[name], batchnorm=batchnorm)
    maps = method.explain(network, x, coefficients.double())
    for n in range(len(x)):
        assert_equal(maps[n], literal_lrp(name, layers, x[n : n + 1], coefficients[n].argmax()))


def test_single_precision_does_not_show(network, scans):
    x, coefficients = scans
    single = {name: method.explain(network, x, coefficients) for name, method in METHODS.items()}
    network.double()
    for name, method in METHODS.items():
        double = method.explain(network, x.double(), coefficients.double())
        assert_equal(single[name].double(), double)


@pytest.mark.parametrize("name", METHODS)
def test_average_pools_are_convolutions_with_equal_weights(stack, name):
    torch.manual_seed(6)
    head = [nn.Flatten(), nn.Linear(2 * 2 * 2 * 2, 2)]
    pool = nn.Conv3d(2, 2, 2, stride=2, bias=False)
    pool.weight.data = torch.eye(2)[:, :, None, None, None].expand(2, 2, 2, 2, 2) / 8
    first, x, coefficients = nn.Conv3d(1, 2, 2), torch.randn(1, 1, 5, 6, 5), torch.eye(2)[[1]]
    for between in ([nn.ReLU()], []):
        average, equal = (stack(first, *between, pool, *head) for pool in (nn.AvgPool3d(2), pool))
        maps = [METHODS[name].explain(network, x, coefficients) for network in (average, equal)]
        assert_equal(*maps)


@pytest.fixture
def without_bias(stack):
    """Two blocks and a hidden layer of which every neuron has contributions of both signs."""
    torch.manual_seed(7)
    layers = [
        nn.Conv3d(1, 4, 3, bias=False),
        nn.ReLU(),
        nn.MaxPool3d(2),
        nn.Conv3d(4, 6, 2, bias=False),
        nn.ReLU(),
        nn.AvgPool3d(2),
        nn.Flatten(),
        nn.Linear(6 * 1 * 1 * 1, 6, bias=False),
        nn.ReLU(),
        nn.Linear(6, 2, bias=False),
    ]
    for layer in layers[::3]:
        if hasattr(layer, "weight"):
            nn.init.normal_(layer.weight, std=0.4)
    return stack(*layers)


@pytest.mark.parametrize("signed", [True, False])
@pytest.mark.parametrize("name", METHODS)
def test_relevance_is_conserved_without_biases(without_bias, scans, name, signed):
    x, coefficients = scans
    x = x if signed else x.abs()
    maps = METHODS[name].explain(without_bias, x, coefficients)
    expected = METHODS[name].expected_sum(without_bias, x, coefficients)
    torch.testing.assert_close(expected, (without_bias(x) * coefficients).sum(dim=1))
    torch.testing.assert_close(maps.sum((1, 2, 3)), expected, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("batchnorm", ["merged", "identity"])
def test_alpha_beta_conserves_with_biases_too(network, scans, batchnorm):
    x, coefficients = scans
    method = Lrp(beta=0.5, epsilon=EPSILON, batchnorm=batchnorm)
    expected = method.expected_sum(network, x, coefficients)
    torch.testing.assert_close(method.explain(network, x, coefficients).sum((1, 2, 3)), expected, rtol=1e-3, atol=1e-4)


def test_epsilon_leaves_biases_what_they_contribute(network, scans):
    """So the sum differs from the explained value by something that shows in the error of each map."""
    x, coefficients = scans
    method = METHODS["lrp_epsilon"]
    lost = method.expected_sum(network, x, coefficients) - method.explain(network, x, coefficients).sum((1, 2, 3))
    value = x.requires_grad_()
    gradient = torch.autograd.grad((network(value) * coefficients).sum(), value)[0]
    of_biases = (network(x) * coefficients).sum(dim=1) - (x * gradient).sum((1, 2, 3, 4))
    assert (lost.abs() > 0.01).all()
    torch.testing.assert_close(lost, of_biases.detach(), rtol=1e-3, atol=1e-3)


def test_linear_network_without_bias_gives_gradient_times_input_as_epsilon_vanishes(stack, scans):
    torch.manual_seed(8)
    linear = stack(
        nn.Conv3d(1, 3, 3, bias=False), nn.AvgPool3d(2), nn.Conv3d(3, 2, 2, bias=False), nn.Flatten(),
        nn.Linear(2 * 2 * 3 * 2, 2, bias=False),
    ).double()  # fmt: skip
    x, coefficients = (value.double() for value in scans)
    expected = GradientTimesInput().explain(linear, x, coefficients)
    errors = [
        (LrpEpsilon(epsilon=epsilon).explain(linear, x, coefficients) - expected).abs().max() / expected.abs().max()
        for epsilon in (1e-3, 1e-6, 1e-9)
    ]
    assert errors[0] > 100 * errors[1] > 10000 * errors[2]
    assert errors[2] < 1e-5


def test_so_does_any_network_of_these_layers(network, scans):
    network, (x, coefficients) = network.double(), (value.double() for value in scans)
    maps = LrpEpsilon(epsilon=1e-12).explain(network, x, coefficients)
    assert_equal(maps, GradientTimesInput().explain(network, x, coefficients))


@pytest.mark.parametrize("batchnorm", ["merged", "identity"])
@pytest.mark.parametrize("name", METHODS)
def test_maps_of_the_two_classes_differ(network, scans, name, batchnorm):
    """In more than their size and sign."""
    x, coefficients = scans
    method = replace(METHODS[name], batchnorm=batchnorm)
    true, other = (method.explain(network, x, wanted).flatten(1) for wanted in (coefficients, 1 - coefficients))
    assert (torch.nn.functional.cosine_similarity(true, other).abs() < 0.99).all()


@pytest.mark.parametrize("name", METHODS)
def test_a_map_does_not_depend_on_the_scans_explained_with_it(network, scans, name):
    x, coefficients = scans
    x[0].abs_()  # alone, it allows a shortcut that the others do not
    together = METHODS[name].explain(network, x, coefficients)
    for n in range(len(x)):
        assert_equal(METHODS[name].explain(network, x[n : n + 1], coefficients[n : n + 1])[0], together[n])


@pytest.mark.parametrize("name", METHODS)
def test_scan_and_network_stay_as_they_are(network, stack, scans, name):
    x, coefficients = scans
    network = stack(nn.ReLU(), *network.layers)
    before = x.clone(), deepcopy(network.state_dict())
    for batchnorm in ("merged", "identity"):
        replace(METHODS[name], batchnorm=batchnorm).explain(network, x, coefficients)
    assert torch.equal(x, before[0])
    assert all(torch.equal(value, before[1][key]) for key, value in network.state_dict().items())


class Recorder(LayerwiseRelevance):
    """Writes down which layers are told that their input is not negative."""

    def rule(self, layer, first):
        return self

    def propagate(self, layer, x, nonnegative, relevance):
        self.told.insert(0, nonnegative)
        assert not nonnegative or (x >= 0).all()
        return torch.zeros_like(x)


@pytest.mark.parametrize("signed", [True, False])
def test_shortcut_needs_an_input_that_cannot_be_negative(stack, scans, signed):
    x, coefficients = scans
    conv = [nn.Conv3d(1, 2, 2), nn.Conv3d(2, 2, 2), nn.BatchNorm3d(2), nn.Conv3d(2, 2, 1)]
    dense = [nn.Dropout(), nn.Flatten(), nn.Linear(2 * 3 * 4 * 3, 3), nn.Linear(3, 3), nn.ReLU(), nn.Linear(3, 2)]
    network = stack(*conv, nn.ReLU(), nn.MaxPool3d(2), *dense)
    recorder = Recorder(epsilon=EPSILON, batchnorm="identity")
    object.__setattr__(recorder, "told", [])
    recorder.explain(network, x if signed else x.abs(), coefficients)
    assert recorder.told == [not signed, False, False, True, False, True]


@pytest.mark.parametrize("pool", [nn.MaxPool3d(2), nn.MaxPool3d(3, stride=2), nn.MaxPool3d((1, 2, 2), stride=1)])
def test_max_pool_gives_all_to_the_winner(stack, pool):
    torch.manual_seed(3)
    x = torch.randn(1, 1, 5, 6, 5)
    dense = nn.Linear(pool(x).numel(), 2, bias=False)
    maps = METHODS["lrp_epsilon"].explain(stack(pool, nn.Flatten(), dense), x, torch.eye(2)[[1]])
    relevance = (pool(x).flatten() * dense.weight[1]).view(pool(x).shape)
    torch.testing.assert_close(maps, literal_winners(pool, x[0], relevance[0]), rtol=1e-4, atol=1e-5)


def test_zero_input_gets_no_relevance_but_in_a_box(network, scans):
    x, coefficients = scans
    x[:, :, 2:5] = 0
    for name, method in METHODS.items():
        assert method.explain(network, x, coefficients)[:, 2:5].any() == (name == "lrp_composite")


def test_merging_batchnorm_keeps_the_function(network, scans):
    merged = nn.Sequential(*merge_batchnorm(network.layers))
    assert len(merged) == len(network.layers) - 2
    torch.testing.assert_close(merged(scans[0]), network(scans[0]), rtol=1e-4, atol=1e-5)


def test_what_has_no_rule_is_named(stack, scans):
    x, coefficients = scans
    head = [nn.Flatten(), nn.Linear(9 * 11 * 8, 2)]
    with pytest.raises(TypeError, match="Tanh"):
        METHODS["lrp"].explain(stack(nn.Tanh(), *head), x, coefficients)
    with pytest.raises(TypeError, match="BatchNorm3d must follow"):
        METHODS["lrp"].explain(stack(nn.BatchNorm3d(1), *head), x, coefficients)
    with pytest.raises(ValueError, match="batchnorm ignored"):
        Lrp(beta=0.5, epsilon=EPSILON, batchnorm="ignored")
