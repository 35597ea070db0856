import torch
from captum.attr import IntegratedGradients as Oracle
from torch import nn

from relmaps.relevance.methods.integrated_gradients import IntegratedGradients


def test_equals_captum(network, scans):
    x, coefficients = scans
    maps = IntegratedGradients(20).explain(network, x, coefficients)
    oracle = Oracle(network).attribute(x, target=coefficients.argmax(1), n_steps=20, method="riemann_left")[:, 0]
    torch.testing.assert_close(maps, oracle, rtol=1e-3, atol=1e-5 * oracle.abs().max().item())


def test_is_complete_with_enough_steps(network, scans):
    x, coefficients = scans
    expected = IntegratedGradients(1).expected_sum(network, x, coefficients)
    errors = [
        (IntegratedGradients(steps).explain(network, x, coefficients).sum((1, 2, 3)) - expected).abs().max()
        for steps in (10, 1000)
    ]
    assert errors[1] < 0.01 * expected.abs().max()
    assert errors[1] < errors[0] / 10


def test_linear_network_gives_input_times_weight(stack, scans):
    """Without a bias this is gradient x input, whatever the number of steps."""
    x, coefficients = scans
    linear = nn.Linear(9 * 11 * 8, 2, bias=False)
    maps = IntegratedGradients(3).explain(stack(nn.Flatten(), linear), x, coefficients)
    torch.testing.assert_close(maps, x[:, 0] * linear.weight[coefficients.argmax(1)].reshape(maps.shape))


def test_affine_network_is_complete_with_one_step(stack, scans):
    """The part before the first nonlinearity may be the whole network."""
    x, coefficients = scans
    conv = nn.Conv3d(1, 2, (9, 11, 8))
    maps = IntegratedGradients(1).explain(stack(conv, nn.BatchNorm3d(2), nn.Flatten()), x, coefficients)
    expected = IntegratedGradients(1).expected_sum(stack(conv, nn.BatchNorm3d(2), nn.Flatten()), x, coefficients)
    torch.testing.assert_close(maps.sum((1, 2, 3)), expected)


def test_leaves_network_and_scans_alone(network, scans):
    x, coefficients = scans
    IntegratedGradients(2).explain(network, x, coefficients)
    assert not x.requires_grad
    assert all(parameter.grad is None for parameter in network.parameters())
