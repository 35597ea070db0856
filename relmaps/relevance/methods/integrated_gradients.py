"""Integrated gradients from a zero baseline: Sundararajan et al. 2017, ICML, Eq. 1, as a left Riemann sum."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from relmaps.relevance.methods.method import Method, explained_value

AFFINE = (nn.Conv3d, nn.BatchNorm3d, nn.Dropout)


@dataclass(frozen=True)
class IntegratedGradients(Method):
    """x times the mean gradient of the explained value along the straight path from zero to x.

    Scans are scaled by the training part, so zero is its mean image. steps : points k/steps, k = 0 ... steps - 1.
    """

    steps: int

    def explain(self, network: nn.Module, x: Tensor, coefficients: Tensor) -> Tensor:
        start, rest = _split_at_first_nonlinearity(network.layers)
        with torch.enable_grad():
            x = x.detach().requires_grad_()
            end = start(x)
        with torch.no_grad():
            origin = start(torch.zeros_like(x[:1]))
            along = end - origin
        total = torch.zeros_like(along)
        for k in range(self.steps):
            total += _gradient(rest, origin + k / self.steps * along, coefficients)
        return (x.detach() * torch.autograd.grad(end, x, total / self.steps)[0])[:, 0]

    def expected_sum(self, network: nn.Module, x: Tensor, coefficients: Tensor) -> Tensor:
        """The difference of the explained value from that of the baseline, up to the error of the Riemann sum."""
        with torch.no_grad():
            difference = network(x) - network(torch.zeros_like(x[:1]))
        return (difference * coefficients).sum(dim=1)


def _split_at_first_nonlinearity(layers: nn.Sequential) -> tuple[nn.Sequential, nn.Sequential]:
    """The layers that are affine in evaluation mode, and those after them.

    Affine layers map the path to another straight path and pull all gradients back alike: once per scan is enough,
    and the first convolution, at full resolution, is the dearest one.
    """
    n = next((n for n, layer in enumerate(layers) if not isinstance(layer, AFFINE)), len(layers))
    return layers[:n], layers[n:]


def _gradient(layers: nn.Sequential, x: Tensor, coefficients: Tensor) -> Tensor:
    with torch.enable_grad():
        x.requires_grad_()
        return torch.autograd.grad(explained_value(layers, x, coefficients).sum(), x)[0]
