import torch
from torch import nn
from torch.nn.functional import interpolate

from relmaps.relevance.methods.guided_gradcam import GuidedGradCam


def literal_guided_gradcam(network, x, target):
    """Section 3 of Selvaraju et al. 2017, for one scan, ReLUs walked by hand."""
    last = max(n for n, layer in enumerate(network.layers) if isinstance(layer, nn.Conv3d))
    values = [x.clone().requires_grad_()]
    for layer in network.layers:
        values.append(layer(values[-1]))
    activation = values[last + 1]
    gradient = torch.autograd.grad(values[-1][0, target], activation, retain_graph=True)[0]
    cam = (gradient.mean((2, 3, 4), keepdim=True) * activation).sum(1, keepdim=True).clamp(min=0)

    handed = torch.zeros(1, 2)
    handed[0, target] = 1
    for layer, value in zip(reversed(network.layers), reversed(values[:-1]), strict=True):
        leaf = value.detach().requires_grad_()
        if isinstance(layer, nn.ReLU):
            handed = handed.clamp(min=0) * (leaf > 0)
        else:
            handed = torch.autograd.grad(layer(leaf), leaf, handed)[0]
    return (handed * interpolate(cam, x.shape[2:], mode="trilinear")).detach()[0, 0]


def test_equals_literal_formula(network, scans):
    x, coefficients = scans
    maps = GuidedGradCam().explain(network, x, coefficients)
    literal = torch.stack(
        [literal_guided_gradcam(network, x[n : n + 1], coefficients[n].argmax()) for n in range(len(x))]
    )
    assert maps.any()
    torch.testing.assert_close(maps, literal, rtol=1e-4, atol=1e-6 * literal.abs().max().item())


def test_removes_its_hooks(network, scans):
    x, coefficients = scans
    before = network(x)
    first, again = (GuidedGradCam().explain(network, x, coefficients) for _ in range(2))
    assert torch.equal(first, again)
    assert torch.equal(network(x), before)
    assert not any(layer._backward_hooks or layer._forward_pre_hooks for layer in network.layers)
