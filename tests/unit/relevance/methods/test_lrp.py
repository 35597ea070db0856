"""LRP against its formula, written with one loop over neurons and the layer's dense matrix in double precision."""

import pytest
import torch
from torch import nn

from relmaps.relevance.methods import lrp
from relmaps.relevance.methods.lrp import Lrp

RULE = {"beta": 0.5, "epsilon": 1e-6}


def dense_matrix(layer, shape):
    """(n_out, n_in) of a linear layer without its bias, column by column."""
    columns = torch.eye(shape.numel()).reshape(-1, *shape)
    zero = layer(torch.zeros(1, *shape))
    return (layer(columns) - zero).flatten(1).T.double()


def literal_rule(matrix, x, relevance, beta, epsilon):
    """The rule of one scan, neuron by neuron; x (n_in,), relevance (n_out,)."""
    handed = torch.zeros_like(x)
    for weights, share in zip(matrix, relevance, strict=True):
        z = x * weights
        positive, negative = z.clamp(min=0), z.clamp(max=0)
        if positive.sum() > epsilon and -negative.sum() > epsilon:
            alpha, minus_beta = 1 + beta, -beta
        else:
            alpha, minus_beta = float(positive.sum() > epsilon), float(-negative.sum() > epsilon)
        handed += alpha * positive / (positive.sum() + epsilon) * share
        handed += minus_beta * negative / (negative.sum() - epsilon) * share
    return handed


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


def literal_lrp(network, x, target, beta, epsilon):
    """LRP of one scan (1, 1, nx, ny, nz), batch normalisation merged by hand."""
    layers = []
    for layer in network.layers:
        if isinstance(layer, nn.BatchNorm3d):
            gain = layer.weight / torch.sqrt(layer.running_var + layer.eps)
            conv, merged = layers[-1], nn.Conv3d(
                layers[-1].in_channels, layers[-1].out_channels, layers[-1].kernel_size, layers[-1].stride,
                layers[-1].padding,
            )  # fmt: skip
            merged.weight.data = conv.weight * gain[:, None, None, None, None]
            merged.bias.data = (conv.bias - layer.running_mean) * gain + layer.bias
            layers[-1] = merged.requires_grad_(False)
        else:
            layers.append(layer)
    inputs = [x]
    for layer in layers:
        inputs.append(layer(inputs[-1]))
    relevance = torch.zeros_like(inputs[-1][0]).double()
    relevance[target] = inputs.pop()[0, target].double()
    for layer in reversed(layers):
        value = inputs.pop()[0]
        if isinstance(layer, nn.Conv3d | nn.Linear | nn.AvgPool3d):
            matrix = dense_matrix(layer, value.shape)
            relevance = literal_rule(matrix, value.flatten().double(), relevance.flatten(), beta, epsilon)
        elif isinstance(layer, nn.MaxPool3d):
            relevance = literal_winners(layer, value.double(), relevance.reshape(layer(value[None])[0].shape))
        relevance = relevance.reshape(value.shape)
    return relevance[0]


def assert_close(maps, literal):
    torch.testing.assert_close(maps.double(), literal, rtol=1e-4, atol=1e-5 * literal.abs().max().item())


def test_whole_network_equals_literal_formula(network, scans):
    x, coefficients = scans
    maps = Lrp(**RULE).explain(network, x, coefficients)
    literal = torch.stack([literal_lrp(network, x[n : n + 1], coefficients[n].argmax(), **RULE) for n in range(len(x))])
    assert_close(maps, literal)


@pytest.mark.parametrize("beta", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("signed", [True, False])
def test_convolution_with_stride_and_bias_equals_literal_formula(stack, beta, signed):
    torch.manual_seed(2)
    conv = nn.Conv3d(1, 2, (2, 3, 2), stride=(2, 1, 2), padding=(1, 0, 1))
    first = [] if signed else [nn.ReLU()]
    small = stack(*first, conv, nn.Flatten(), nn.Linear(2 * 3 * 3 * 3, 2))
    x = torch.randn(1, 1, 4, 5, 4)
    literal = literal_lrp(small, x, 1, beta, 1e-6)
    assert_close(Lrp(beta, 1e-6).explain(small, x, torch.eye(2)[[1]])[0], literal)
    assert lrp._nonnegative_inputs(list(small.layers))[len(first)] is not signed


@pytest.mark.parametrize("pool", [nn.MaxPool3d(2), nn.MaxPool3d(3, stride=2), nn.MaxPool3d((1, 2, 2), stride=1)])
def test_max_pool_gives_all_to_the_winner(pool):
    torch.manual_seed(3)
    x = torch.randn(1, 2, 5, 6, 5)
    relevance = torch.randn_like(pool(x))
    torch.testing.assert_close(lrp._to_winners(pool, x, relevance)[0], literal_winners(pool, x[0], relevance[0]))


def test_average_pool_equals_literal_formula(stack):
    torch.manual_seed(6)
    small = stack(nn.Conv3d(1, 2, 2), nn.ReLU(), nn.AvgPool3d(2), nn.Flatten(), nn.Linear(2 * 2 * 2 * 2, 2))
    x = torch.randn(1, 1, 5, 6, 5)
    assert_close(Lrp(**RULE).explain(small, x, torch.eye(2)[[1]])[0], literal_lrp(small, x, 1, **RULE))


def test_two_products_equal_four_where_the_input_is_not_negative():
    torch.manual_seed(4)
    conv, x = nn.Conv3d(2, 3, 2), torch.rand(2, 2, 4, 4, 4)
    relevance = torch.randn_like(conv(x))
    two, four = (lrp._alpha_beta(*lrp._signed_parts(conv), x, relevance, flag, **RULE) for flag in (True, False))
    torch.testing.assert_close(two, four, rtol=1e-5, atol=1e-6)


def test_relevance_is_conserved(network, scans):
    """Also with biases, which get no relevance; every neuron here has contributions."""
    x, coefficients = scans
    maps = Lrp(**RULE).explain(network, x, coefficients)
    torch.testing.assert_close(
        maps.sum((1, 2, 3)), Lrp(**RULE).expected_sum(network, x, coefficients), rtol=1e-3, atol=1e-4
    )


@pytest.mark.parametrize("sign", [1, -1])
def test_contributions_of_one_sign_get_exactly_the_neurons_relevance(sign):
    """Neither 1.5 times it (only positive ones) nor -0.5 times it (only negative ones)."""
    layer = nn.Linear(3, 1)
    layer.weight.data = sign * torch.tensor([[1.0, 2.0, 5.0]])
    layer.bias.data[:] = 7
    x = torch.tensor([[1.0, 1.0, 1.0]])
    handed = lrp._alpha_beta(*lrp._signed_parts(layer), x, torch.tensor([[16.0]]), False, **RULE)
    torch.testing.assert_close(handed, torch.tensor([[2.0, 4.0, 10.0]]), rtol=1e-5, atol=0)


def test_neuron_without_contributions_keeps_its_relevance():
    layer = nn.Linear(3, 1)
    handed = lrp._alpha_beta(*lrp._signed_parts(layer), torch.zeros(1, 3), torch.ones(1, 1), False, **RULE)
    assert torch.equal(handed, torch.zeros(1, 3))


def test_known_answer_of_alpha_and_beta():
    """z = (2, 1, -1): 1.5 * (2, 1) / 3 to the first two and -0.5 to the last, times the relevance of 2."""
    layer = nn.Linear(3, 1)
    layer.weight.data = torch.tensor([[2.0, -1.0, 1.0]])
    x = torch.tensor([[1.0, -1.0, -1.0]])
    handed = lrp._alpha_beta(*lrp._signed_parts(layer), x, torch.tensor([[2.0]]), False, **RULE)
    torch.testing.assert_close(handed, torch.tensor([[2.0, 1.0, -1.0]]), rtol=1e-5, atol=0)


def test_zero_input_gets_no_relevance(network, scans):
    x, coefficients = scans
    x[:, :, 2:5] = 0
    assert not Lrp(**RULE).explain(network, x, coefficients)[:, 2:5].any()


def test_merging_batchnorm_keeps_the_function(network, scans):
    merged = nn.Sequential(*lrp.merge_batchnorm(network.layers))
    assert len(merged) == len(network.layers) - 2
    torch.testing.assert_close(merged(scans[0]), network(scans[0]), rtol=1e-4, atol=1e-5)


def test_layer_without_a_rule_is_named(stack, scans):
    x, coefficients = scans
    odd = stack(nn.Flatten(), nn.Tanh(), nn.Linear(9 * 11 * 8, 2))
    with pytest.raises(TypeError, match="Tanh"):
        Lrp(**RULE).explain(odd, x, coefficients)
    with pytest.raises(TypeError, match="BatchNorm3d must follow"):
        Lrp(**RULE).explain(stack(nn.BatchNorm3d(1), nn.Flatten(), nn.Linear(9 * 11 * 8, 2)), x, coefficients)
