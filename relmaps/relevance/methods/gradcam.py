"""Grad-CAM on the last convolution: Selvaraju et al. 2017, ICCV, Section 3."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from relmaps.relevance.methods.method import Method, explained_value


@dataclass(frozen=True)
class GradCam(Method):
    """Channels of the last convolution, weighted by their mean gradients, summed; what is positive of that, enlarged
    trilinearly to the scan's grid."""

    def explain(self, network: nn.Module, x: Tensor, coefficients: Tensor) -> Tensor:
        body, head = split_after_last_convolution(network.layers)
        with torch.no_grad():
            activation = body(x)
        return class_activation(head, activation, coefficients, x.shape[2:])[:, 0]


def split_after_last_convolution(layers: nn.Sequential) -> tuple[nn.Sequential, nn.Sequential]:
    last = max(n for n, layer in enumerate(layers) if isinstance(layer, nn.Conv3d))
    return layers[: last + 1], layers[last + 1 :]


def class_activation(head: nn.Module, activation: Tensor, coefficients: Tensor, shape: torch.Size) -> Tensor:
    """(n, 1, *shape) Grad-CAM. activation : (n, channels, ...) output of the last convolution; head : what follows."""
    with torch.enable_grad():
        activation = activation.detach().requires_grad_()
        gradient = torch.autograd.grad(explained_value(head, activation, coefficients).sum(), activation)[0]
    weights = gradient.mean(dim=(2, 3, 4), keepdim=True)
    cam = (weights * activation.detach()).sum(dim=1, keepdim=True).clamp(min=0)
    return interpolate(cam, shape, mode="trilinear")
