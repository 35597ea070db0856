"""Guided Grad-CAM on the last convolution, by captum: Selvaraju et al. 2017, ICCV, Section 3.2."""

import warnings

from captum.attr import GuidedGradCam
from torch import Tensor, nn


def explain(network: nn.Module, x: Tensor, target: Tensor) -> Tensor:
    """Guided backpropagation times the Grad-CAM of the last convolution, enlarged trilinearly to the scan's grid.

    network : in evaluation mode, with its layers as one flat nn.Sequential in `network.layers`.
    x : (n, 1, nx, ny, nz) scaled scans. target : (n,) int64 class.
    Returns (n, nx, ny, nz).
    """
    last = [layer for layer in network.layers if isinstance(layer, nn.Conv3d)][-1]
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Setting backward hooks on ReLU activations")
        attribution = GuidedGradCam(network, last).attribute(
            x.detach().requires_grad_(), target, interpolate_mode="trilinear"
        )
    return attribution[:, 0].detach()
