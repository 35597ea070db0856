"""Guided backpropagation: Springenberg et al. 2015, ICLR workshop, Section 3.4."""

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from relmaps.relevance.methods.method import Method, explained_value


@dataclass(frozen=True)
class GuidedBackprop(Method):
    """The gradient of the explained value in which no ReLU hands on what is negative."""

    def explain(self, network: nn.Module, x: Tensor, coefficients: Tensor) -> Tensor:
        with torch.enable_grad():
            x = x.detach().requires_grad_()
            value = explained_value(lambda scans: guided(network.layers, scans), x, coefficients)
            return torch.autograd.grad(value.sum(), x)[0][:, 0]


def guided(layers: Iterable[nn.Module], x: Tensor) -> Tensor:
    """The output of the layers for x, which requires a gradient; on the way back, ReLUs hand on what is positive."""
    for layer in layers:
        if isinstance(layer, nn.ReLU):
            x = x.view_as(x)  # a tensor of its own, so that the hook changes nothing else
            x.register_hook(lambda gradient: gradient.clamp(min=0))
            x = torch.relu(x)
        else:
            x = layer(x)
    return x
