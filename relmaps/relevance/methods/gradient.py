"""The gradient of the explained value: Simonyan et al. 2014, ICLR workshop, Section 3, with its sign."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from relmaps.relevance.methods.method import Method, explained_value


@dataclass(frozen=True)
class Gradient(Method):
    """By how much the explained value rises per unit of each voxel of the scaled scan."""

    def explain(self, network: nn.Module, x: Tensor, coefficients: Tensor) -> Tensor:
        return compute_gradient(network, x, coefficients)[:, 0]


def compute_gradient(network: nn.Module, x: Tensor, coefficients: Tensor) -> Tensor:
    """The gradient of each scan's explained value at x, in the shape of x."""
    with torch.enable_grad():
        x = x.detach().requires_grad_()
        return torch.autograd.grad(explained_value(network, x, coefficients).sum(), x)[0]


def gradients_of_copies(network: nn.Module, copies: Tensor, coefficients: Tensor) -> Tensor:
    """Gradients at m points of each of n scans, in one pass. copies : (m, n, ...), coefficients (n, 2) or (m, n, 2)."""
    coefficients = coefficients.expand(len(copies), -1, -1).flatten(0, 1)
    return compute_gradient(network, copies.flatten(0, 1), coefficients).unflatten(0, copies.shape[:2])
