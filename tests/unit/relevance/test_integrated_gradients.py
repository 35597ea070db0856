import torch
from captum.attr import IntegratedGradients
from torch import nn

from relmaps.relevance import integrated_gradients


def test_equals_captum(network, scans):
    x, target = scans
    maps = integrated_gradients.explain(network, x, target, steps=20)
    oracle = IntegratedGradients(network).attribute(x, target=target, n_steps=20, method="riemann_left")[:, 0]
    torch.testing.assert_close(maps, oracle, rtol=1e-3, atol=1e-5 * oracle.abs().max().item())


def test_is_complete_with_enough_steps(network, scans):
    x, target = scans
    expected = integrated_gradients.expected_sum(network, x, target)
    errors = [
        (integrated_gradients.explain(network, x, target, steps=steps).sum((1, 2, 3)) - expected).abs().max()
        for steps in (10, 1000)
    ]
    assert errors[1] < 0.01 * expected.abs().max()
    assert errors[1] < errors[0] / 10


def test_linear_network_gives_input_times_weight(stack, scans):
    """Without a bias this is gradient x input, whatever the number of steps."""
    x, target = scans
    linear = nn.Linear(9 * 11 * 8, 2, bias=False)
    maps = integrated_gradients.explain(stack(nn.Flatten(), linear), x, target, steps=3)
    torch.testing.assert_close(maps, x[:, 0] * linear.weight[target].reshape(maps.shape))


def test_affine_network_is_complete_with_one_step(stack, scans):
    """The part before the first nonlinearity may be the whole network."""
    x, target = scans
    conv = nn.Conv3d(1, 2, (9, 11, 8))
    maps = integrated_gradients.explain(stack(conv, nn.BatchNorm3d(2), nn.Flatten()), x, target, steps=1)
    expected = integrated_gradients.expected_sum(stack(conv, nn.BatchNorm3d(2), nn.Flatten()), x, target)
    torch.testing.assert_close(maps.sum((1, 2, 3)), expected)


def test_leaves_network_and_scans_alone(network, scans):
    x, target = scans
    integrated_gradients.explain(network, x, target, steps=2)
    assert not x.requires_grad
    assert all(parameter.grad is None for parameter in network.parameters())
