"""Each rule against its formula, written neuron by neuron with the layer's dense matrix in double precision."""

from itertools import product

import pytest
import torch
from torch import nn

from relmaps.relevance.methods.lrp_rules import AlphaBeta, Box, Epsilon, Gamma

EPSILON = 1e-6


def literal_alpha_beta(beta):
    def neuron(z, bias, weights, x):
        supporting, opposing = z.clamp(min=0), z.clamp(max=0)
        supported, opposed = supporting.sum() > EPSILON, opposing.sum() < -EPSILON
        shares = torch.zeros_like(z)
        if supported:
            shares += (1 + beta if opposed else 1) * supporting / (supporting.sum() + EPSILON)
        if opposed and beta > 0:
            shares += (-beta if supported else 1) * opposing / (opposing.sum() - EPSILON)
        return shares

    return neuron


def literal_epsilon(z, bias, weights, x):
    total = z.sum() + bias
    return z / (total + EPSILON if total >= 0 else total - EPSILON)


def literal_gamma(gamma):
    def neuron(z, bias, weights, x):
        sign = 1 if z.sum() + bias >= 0 else -1
        contributions = torch.cat((z, bias[None]))
        contributions = contributions + gamma * sign * (sign * contributions).clamp(min=0)
        return contributions[:-1] / (contributions.sum() + sign * EPSILON)

    return neuron


def literal_box(z, bias, weights, x):
    low, high = min(x.min(), 0), max(x.max(), 0)
    # The matrix also has the pairs that a convolution does not connect; their weights are 0.
    boxed = z - low * weights.clamp(min=0) - high * weights.clamp(max=0)
    return boxed / (boxed.sum() + EPSILON)


RULES = {
    "alpha 1.5 beta 0.5": (AlphaBeta(0.5, EPSILON), literal_alpha_beta(0.5)),
    "alpha 1 beta 0": (AlphaBeta(0.0, EPSILON), literal_alpha_beta(0.0)),
    "alpha 2 beta 1": (AlphaBeta(1.0, EPSILON), literal_alpha_beta(1.0)),
    "epsilon": (Epsilon(EPSILON), literal_epsilon),
    "gamma": (Gamma(0.25, EPSILON), literal_gamma(0.25)),
    "box": (Box(EPSILON), literal_box),
}
LAYERS = {
    "conv": lambda: nn.Conv3d(2, 3, (2, 3, 2), stride=(2, 1, 2), padding=(1, 0, 1)),
    "dilated conv": lambda: nn.Conv3d(2, 3, 2, dilation=2, bias=False),
    "dense": lambda: nn.Linear(12, 9),
    "average": lambda: nn.AvgPool3d((2, 3, 2), stride=(2, 1, 2)),
}


def literal(neuron, layer, x, relevance):
    """(n, ...) the rule of each scan, neuron by neuron."""
    shape, handed = x.shape[1:], torch.zeros(x.shape, dtype=torch.float64)
    zero = layer(torch.zeros(1, *shape)).flatten().double()
    matrix = (layer(torch.eye(shape.numel()).view(-1, *shape)) - layer(torch.zeros(1, *shape))).flatten(1).T.double()
    for scan, shares, out in zip(x.double().flatten(1), relevance.double().flatten(1), handed.flatten(1), strict=True):
        for weights, bias, share in zip(matrix, zero, shares, strict=True):
            out += neuron(scan * weights, bias, weights, scan) * share
    return handed


def assert_equal(handed, expected):
    """To 1e-5 of the largest value."""
    torch.testing.assert_close(handed.double(), expected, rtol=0, atol=1e-5 * expected.abs().max().item())


def drawn(kind, signed):
    """A layer, two scans, one of them with a background of zeros, and a relevance of both signs."""
    torch.manual_seed(5)
    layer = LAYERS[kind]().requires_grad_(False)
    shape = (12,) if kind == "dense" else (2, 4, 5, 4)
    x = torch.randn(2, *shape) if signed else torch.rand(2, *shape)
    x[0, ..., :2] = 0
    relevance = torch.randn_like(layer(x))
    return layer, x, relevance


@pytest.mark.parametrize("signed", [True, False])
@pytest.mark.parametrize(("name", "kind"), sorted(set(product(RULES, LAYERS)) - {("box", "average")}))
def test_rule_equals_its_formula(name, kind, signed):
    rule, neuron = RULES[name]
    layer, x, relevance = drawn(kind, signed)
    expected = literal(neuron, layer, x, relevance)
    assert_equal(rule.propagate(layer, x, False, relevance), expected)
    if not signed:
        assert_equal(rule.propagate(layer, x, True, relevance), expected)


@pytest.mark.parametrize("bias", [-7.0, 0.0, 7.0])
@pytest.mark.parametrize("name", RULES)
def test_neurons_of_which_a_part_is_missing(name, bias):
    """Neurons with positive contributions only, negative only, both, and none; with biases of either sign."""
    rule, neuron = RULES[name]
    layer = nn.Linear(3, 4).requires_grad_(False)
    layer.weight.data = torch.tensor([[1.0, 2, 5], [-1, -2, -5], [2, -1, 1], [0, 0, 0]])
    layer.bias.data[:] = bias
    for x in (torch.tensor([[1.0, 2, 3]]), torch.tensor([[-1.0, -2, -3]]), torch.zeros(1, 3)):
        relevance = torch.tensor([[1.0, -3, 2, 4]])
        handed = rule.propagate(layer, x, False, relevance)
        torch.testing.assert_close(handed.double(), literal(neuron, layer, x, relevance), rtol=1e-5, atol=1e-6)


def handed(rule, weights, x, relevance, bias=0.0):
    """What one neuron of a relevance gives its inputs."""
    layer = nn.Linear(len(weights), 1).requires_grad_(False)
    layer.weight.data, layer.bias.data = torch.tensor([weights]), torch.tensor([bias])
    return rule.propagate(layer, torch.tensor([x]), min(x) >= 0, torch.tensor([[relevance]]))[0]


def assert_known(values, expected):
    torch.testing.assert_close(values, torch.tensor(expected), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("beta", "expected"), [(0.0, [4 / 3, 2 / 3, 0]), (0.5, [2.0, 1, -1]), (1.0, [8 / 3, 4 / 3, -2])]
)
def test_known_answer_of_alpha_beta(beta, expected):
    """z = (2, 1, -1) and R = 2: alpha (2, 1) / 3 and -beta, times 2; whatever the bias is."""
    for bias in (0.0, 5.0):
        assert_known(handed(AlphaBeta(beta, EPSILON), [2.0, -1, 1], [1.0, -1, -1], 2.0, bias), expected)


@pytest.mark.parametrize("sign", [1, -1])
def test_contributions_of_one_sign_get_exactly_the_neurons_relevance(sign):
    """Neither 1.5 times it (only positive ones) nor -0.5 times it (only negative ones)."""
    weights = [sign * 1.0, sign * 2.0, sign * 5.0]
    assert_known(handed(AlphaBeta(0.5, EPSILON), weights, [1.0, 1, 1], 16.0, 7.0), [2.0, 4, 10])


def test_without_beta_negative_contributions_get_nothing():
    assert_known(handed(AlphaBeta(0.0, EPSILON), [-1.0, -2], [1.0, 1], 16.0, 7.0), [0.0, 0])


def test_known_answer_of_epsilon():
    """z = (2, 1, -1) and a bias of 2: the bias keeps half; epsilon counts with the sign of the sum."""
    assert_known(handed(Epsilon(EPSILON), [2.0, -1, 1], [1.0, -1, -1], 8.0, 2.0), [4.0, 2, -2])
    assert_known(handed(Epsilon(2.0), [2.0, -1, 1], [1.0, -1, -1], 8.0), [4.0, 2, -2])
    assert_known(handed(Epsilon(2.0), [-2.0, 1, -1], [1.0, -1, -1], 8.0), [4.0, 2, -2])


def test_known_answer_of_gamma():
    """z = (3, 1, -1): gamma = 1 makes it (6, 2, -1); of (-3, -1, 1) it makes (-6, -2, 1). A bias is a contribution."""
    assert_known(handed(Gamma(1.0, EPSILON), [3.0, -1, 1], [1.0, -1, -1], 7.0), [6.0, 2, -1])
    assert_known(handed(Gamma(1.0, EPSILON), [-3.0, 1, -1], [1.0, -1, -1], 7.0), [6.0, 2, -1])
    assert_known(handed(Gamma(1.0, EPSILON), [3.0, -1, 1], [1.0, -1, -1], 9.0, 1.0), [6.0, 2, -1])


def test_known_answer_of_box():
    """x = (1, -1, 3) lies between -1 and 3: (1 + 1) 2, (-1 - 3) -1 and (3 + 1) 1, of 12."""
    assert_known(handed(Box(EPSILON), [2.0, -1, 1], [1.0, -1, 3], 12.0), [4.0, 4, 4])


def test_gamma_of_zero_is_epsilon():
    layer, x, relevance = drawn("conv", signed=True)
    expected = Epsilon(EPSILON).propagate(layer.double(), x.double(), False, relevance.double())
    assert_equal(Gamma(0.0, EPSILON).propagate(layer, x.double(), False, relevance.double()), expected)


def test_box_hands_positive_relevance_on_as_positive_whatever_the_signs_of_the_input():
    layer, x, relevance = drawn("conv", signed=True)
    assert (Box(EPSILON).propagate(layer, x, False, relevance.abs()) >= 0).all()


def test_box_of_a_scan_does_not_depend_on_the_others():
    layer, x, relevance = drawn("conv", signed=True)
    x[1] *= 10
    together = Box(EPSILON).propagate(layer, x, False, relevance)
    torch.testing.assert_close(together[:1], Box(EPSILON).propagate(layer, x[:1], False, relevance[:1]))


@pytest.mark.parametrize("name", RULES)
def test_nothing_that_is_given_is_changed(name):
    layer, x, relevance = drawn("conv", signed=False)
    before = [value.clone() for value in (x, relevance, layer.weight, layer.bias)]
    RULES[name][0].propagate(layer, x, True, relevance)
    assert all(map(torch.equal, before, (x, relevance, layer.weight, layer.bias)))


def test_groups_are_refused():
    conv = nn.Conv3d(2, 2, 2, groups=2)
    with pytest.raises(TypeError, match="groups"):
        AlphaBeta(0.5, EPSILON).propagate(conv, torch.rand(1, 2, 3, 3, 3), True, torch.rand(1, 2, 2, 2, 2))
