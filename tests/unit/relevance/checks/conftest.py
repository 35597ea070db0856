"""A network that adds up its voxels, and a method that is exact for it."""

import numpy as np
import pytest
import torch
from torch import nn

from relmaps.classify.scaling import Scaling
from relmaps.classify.weights import Classifier
from relmaps.relevance.explain import Cohort
from relmaps.relevance.methods.method import Method, explained_value


class Stack(nn.Module):
    def __init__(self, *layers):
        super().__init__()
        self.layers = nn.Sequential(*layers)

    def forward(self, x):
        return self.layers(x)


class GradientTimesInput(Method):
    def explain(self, network, x, coefficients):
        with torch.enable_grad():
            x = x.detach().requires_grad_()
            return (x * torch.autograd.grad(explained_value(network, x, coefficients).sum(), x)[0])[:, 0].detach()


@pytest.fixture
def stack():
    return lambda *layers: Stack(*layers).eval()


@pytest.fixture
def method():
    return GradientTimesInput()


@pytest.fixture
def cohort(grid, brain, rng):
    """Eight scans on the 9 x 11 x 8 grid, the first four of whom are controls; the first two trained."""
    images = rng.normal(size=(8, *grid.shape)).astype(np.float32)
    return Cohort(images, np.repeat([0, 1], 4), np.array([0, 1]), grid, brain)


@pytest.fixture
def adding(grid, rng):
    """Logits of minus and plus a weighted sum of the scaled voxels."""
    weights = torch.from_numpy(rng.normal(size=(1, np.prod(grid.shape))).astype(np.float32))
    network = Stack(nn.Flatten(), nn.Linear(weights.numel(), 2, bias=False)).eval()
    network.layers[1].weight = nn.Parameter(torch.cat([-weights, weights]))
    scaling = Scaling(*rng.uniform(0.5, 1.5, size=(2, *grid.shape)).astype(np.float32))
    return Classifier(network, scaling, {})
