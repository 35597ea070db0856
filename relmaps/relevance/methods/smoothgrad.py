"""The mean gradient of noisy copies of a scan: Smilkov et al. 2017 (arXiv 1706.03825), Section 3."""

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor, nn

from relmaps.relevance.methods.gradient import gradients_of_copies
from relmaps.relevance.methods.method import Context, Method


@dataclass(frozen=True)
class SmoothGrad(Method):
    """By how much the explained value rises per unit of each voxel, on average around the scan.

    samples : noisy copies. noise : standard deviation of the Gaussian noise as a share of the scan's range, largest
    minus smallest value. The noise images depend on the seed alone, so that they are the same for every scan.
    """

    samples: int
    noise: float
    seed: int = 0
    images_at_once: int = 1

    def prepared(self, context: Context) -> "SmoothGrad":
        return replace(self, seed=context.seed, images_at_once=context.images_at_once)

    def explain(self, network: nn.Module, x: Tensor, coefficients: Tensor) -> Tensor:
        deviation = self.noise * (x.amax((1, 2, 3, 4), keepdim=True) - x.amin((1, 2, 3, 4), keepdim=True))
        total = torch.zeros_like(x)
        for some in torch.arange(self.samples).split(max(1, self.images_at_once // len(x))):
            images = torch.stack([self._noise(k, x.shape[1:]) for k in some.tolist()])[:, None].to(x.device)
            total += gradients_of_copies(network, x + deviation * images, coefficients).sum(dim=0)
        return total[:, 0] / self.samples

    def _noise(self, number: int, shape: torch.Size) -> Tensor:
        rng = np.random.default_rng([self.seed, number])
        return torch.from_numpy(rng.standard_normal(shape, dtype=np.float32))
