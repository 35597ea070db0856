"""Guided Grad-CAM on the last convolution: Selvaraju et al. 2017, ICCV, Section 3.2."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from relmaps.relevance.methods.gradcam import class_activation, split_after_last_convolution
from relmaps.relevance.methods.guided_backprop import guided
from relmaps.relevance.methods.method import Method, explained_value


@dataclass(frozen=True)
class GuidedGradCam(Method):
    """Guided backpropagation times Grad-CAM. The convolutions are walked once for both."""

    def explain(self, network: nn.Module, x: Tensor, coefficients: Tensor) -> Tensor:
        body, head = split_after_last_convolution(network.layers)
        with torch.enable_grad():
            x = x.detach().requires_grad_()
            activation = guided(body, x)
            value = explained_value(lambda activation: guided(head, activation), activation, coefficients)
            backprop = torch.autograd.grad(value.sum(), x)[0]
        return (backprop * class_activation(head, activation, coefficients, x.shape[2:]))[:, 0]
