"""Tiny networks of the kinds of layers that the study's networks have."""

import pytest
import torch
from torch import nn


class Stack(nn.Module):
    def __init__(self, *layers):
        super().__init__()
        self.layers = nn.Sequential(*layers)

    def forward(self, x):
        return self.layers(x)


@pytest.fixture
def network():
    """Two blocks and a hidden dense layer, with strided convolution, overlapping pools and lively batch statistics."""
    torch.manual_seed(0)
    layers = [
        nn.Conv3d(1, 3, 3, stride=(2, 1, 1), padding=1),
        nn.BatchNorm3d(3),
        nn.ReLU(),
        nn.MaxPool3d(3, stride=2),
        nn.Conv3d(3, 4, 2),
        nn.BatchNorm3d(4),
        nn.ReLU(),
        nn.MaxPool3d((1, 2, 1)),
        nn.Flatten(),
        nn.Linear(4 * 1 * 2 * 2, 6),
        nn.ReLU(),
        nn.Dropout(0.5),
        nn.Linear(6, 2),
    ]
    for layer in layers:
        if isinstance(layer, nn.BatchNorm3d):
            layer.running_mean.uniform_(-0.3, 0.3)
            layer.running_var.uniform_(0.5, 2)
            nn.init.uniform_(layer.weight, 0.5, 1.5)
        elif isinstance(layer, nn.Conv3d | nn.Linear):
            nn.init.normal_(layer.weight, std=0.4)
    return Stack(*layers).eval().requires_grad_(False)


@pytest.fixture
def scans():
    """(5, 1, 9, 11, 8) signed, as z-scored scans are, and coefficients that pick one class of each."""
    torch.manual_seed(1)
    return torch.randn(5, 1, 9, 11, 8), torch.eye(2)[[0, 1, 1, 0, 1]]


@pytest.fixture
def stack():
    return lambda *layers: Stack(*layers).eval().requires_grad_(False)
