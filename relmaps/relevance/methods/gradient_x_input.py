"""The gradient times the scan: Shrikumar et al. 2016 (arXiv 1605.01713), Section 1.1."""

from dataclasses import dataclass

from torch import Tensor, nn

from relmaps.relevance.methods.gradient import compute_gradient
from relmaps.relevance.methods.method import Method


@dataclass(frozen=True)
class GradientTimesInput(Method):
    """What each voxel adds to the explained value where the network is linear and without bias; else no promise."""

    def explain(self, network: nn.Module, x: Tensor, coefficients: Tensor) -> Tensor:
        return (x * compute_gradient(network, x, coefficients))[:, 0]
