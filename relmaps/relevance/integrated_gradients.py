"""Integrated gradients from a zero baseline: Sundararajan et al. 2017, ICML, Eq. 1, as a left Riemann sum."""

import torch
from torch import Tensor, nn

AFFINE = (nn.Conv3d, nn.BatchNorm3d, nn.Dropout)


def explain(network: nn.Module, x: Tensor, target: Tensor, *, steps: int) -> Tensor:
    """x times the mean gradient of the explained logit along the straight path from zero to x.

    Scans are scaled by the training part, so zero is its mean image.

    network : in evaluation mode, with its layers as one flat nn.Sequential in `network.layers`.
    x : (n, 1, nx, ny, nz) scaled scans. target : (n,) int64 class. steps : points k/steps, k = 0 ... steps - 1.
    Returns (n, nx, ny, nz), which sums to the difference of the logit from that of the baseline, up to the error of
    the Riemann sum.
    """
    start, rest = _split_at_first_nonlinearity(network.layers)
    with torch.enable_grad():
        x = x.detach().requires_grad_()
        end = start(x)
    with torch.no_grad():
        origin = start(torch.zeros_like(x[:1]))
        along = end - origin
    total = torch.zeros_like(along)
    for k in range(steps):
        total += _gradient(rest, origin + k / steps * along, target)
    return (x.detach() * torch.autograd.grad(end, x, total / steps)[0])[:, 0]


def expected_sum(network: nn.Module, x: Tensor, target: Tensor) -> Tensor:
    """(n,) what the map of a scan sums to when the path is integrated exactly."""
    with torch.no_grad():
        difference = network(x) - network(torch.zeros_like(x[:1]))
    return difference.gather(1, target[:, None])[:, 0]


def _split_at_first_nonlinearity(layers: nn.Sequential) -> tuple[nn.Sequential, nn.Sequential]:
    """The layers that are affine in evaluation mode, and those after them.

    Affine layers map the path to another straight path and pull all gradients back alike: once per scan is enough,
    and the first convolution, at full resolution, is the dearest one.
    """
    n = next((n for n, layer in enumerate(layers) if not isinstance(layer, AFFINE)), len(layers))
    return layers[:n], layers[n:]


def _gradient(layers: nn.Sequential, x: Tensor, target: Tensor) -> Tensor:
    with torch.enable_grad():
        x.requires_grad_()
        logits = layers(x).gather(1, target[:, None])
        return torch.autograd.grad(logits.sum(), x)[0]
