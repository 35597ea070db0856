"""Guided Grad-CAM on the last convolution, by captum: Selvaraju et al. 2017, ICCV, Section 3.2."""

import warnings
from dataclasses import dataclass

from captum.attr import GuidedGradCam as CaptumGuidedGradCam
from torch import Tensor, nn

from relmaps.relevance.methods.method import Method


class _Explained(nn.Module):
    """The explained value as the network's only output, for captum."""

    def __init__(self, network: nn.Module):
        super().__init__()
        self.network = network

    def forward(self, x: Tensor, coefficients: Tensor) -> Tensor:
        return (self.network(x) * coefficients).sum(dim=1)


@dataclass(frozen=True)
class GuidedGradCam(Method):
    """Guided backpropagation times the Grad-CAM of the last convolution, enlarged trilinearly to the scan's grid."""

    def explain(self, network: nn.Module, x: Tensor, coefficients: Tensor) -> Tensor:
        last = [layer for layer in network.layers if isinstance(layer, nn.Conv3d)][-1]
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Setting backward hooks on ReLU activations")
            attribution = CaptumGuidedGradCam(_Explained(network), last).attribute(
                x.detach().requires_grad_(), additional_forward_args=coefficients, interpolate_mode="trilinear"
            )
        return attribution[:, 0].detach()
