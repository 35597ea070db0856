"""Integrated gradients averaged over baselines: Erion et al. 2021, Nature Machine Intelligence 3:620, Eq. 3."""

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor, nn

from relmaps.relevance.methods.gradient import gradients_of_copies
from relmaps.relevance.methods.method import Context, Method, explained_value


@dataclass(frozen=True)
class ExpectedGradients(Method):
    """What each voxel adds to the explained value, compared with the controls that the network was trained on.

    The mean over `samples` pairs of a baseline x' and a number a in [0, 1] of (x - x') times the gradient at
    x' + a (x - x'). Baselines are drawn from the training controls. The pairs depend on the seed alone and are the same
    for every scan. explain needs the method prepared for a fold.
    """

    samples: int
    context: Context | None = None

    def prepared(self, context: Context) -> "ExpectedGradients":
        return replace(self, context=context)

    def explain(self, network: nn.Module, x: Tensor, coefficients: Tensor) -> Tensor:
        places = self._places().to(x)
        total = torch.zeros_like(x)
        for some in torch.arange(self.samples).split(max(1, self.context.images_at_once // len(x))):
            baselines = self._baselines(some)[:, None]
            differences = x - baselines
            copies = baselines + places[some].view(-1, 1, 1, 1, 1, 1) * differences
            total += (differences * gradients_of_copies(network, copies, coefficients)).sum(dim=0)
        return total[:, 0] / self.samples

    def expected_sum(self, network: nn.Module, x: Tensor, coefficients: Tensor) -> Tensor:
        """The explained value minus its mean over the baselines, up to the error of drawing the places."""
        with torch.no_grad():
            pieces = torch.arange(self.samples).split(self.context.images_at_once)
            mean = torch.cat([network(self._baselines(some)) for some in pieces]).mean(dim=0)
            return explained_value(network, x, coefficients) - coefficients @ mean

    def _baselines(self, numbers: Tensor) -> Tensor:
        """(m, 1, nx, ny, nz); one draw each, so that no draw depends on how many go through the network together."""
        return torch.cat([self.context.controls(1, self.context.seed + k) for k in numbers.tolist()])

    def _places(self) -> Tensor:
        """(samples,) uniform on [0, 1], one in each of as many equal parts: that makes the mean vary less."""
        rng = np.random.default_rng(self.context.seed)
        places = (rng.permutation(self.samples) + rng.random(self.samples)) / self.samples
        return torch.from_numpy(places)
