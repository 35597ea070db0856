"""The networks as PyTorch modules; what they are made of stands in relmaps/catalogue/networks.py."""

import torch
from torch import nn

from relmaps.catalogue.networks import Architecture, check_fits, find_architecture


class Network(nn.Module):
    """One flat sequence of layers, so that relevance methods can walk it."""

    def __init__(self, layers: list[nn.Module]):
        super().__init__()
        self.layers = nn.Sequential(*layers)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Scaled images (n, 1, nx, ny, nz) float32 -> logits (n, 2) of control and disease."""
        return self.layers(images)


def build_network(model: str, grid_shape: tuple[int, ...], seed: int) -> Network:
    """A network with random weights (torch's defaults), the same for the same seed whatever was drawn before.

    Raises UserError that names the families that fit if the grid is too small.
    """
    check_fits(model, grid_shape)
    architecture = find_architecture(model)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return Network(_layers(architecture, architecture.feature_shape(grid_shape)))


def memory_format(network: nn.Module) -> torch.memory_format:
    """Channels last where there are enough: 1.2 to 1.7 times as fast with 8, slower with the 4 of `small`."""
    channels = next((layer.out_channels for layer in network.modules() if isinstance(layer, nn.Conv3d)), 0)
    return torch.channels_last_3d if channels >= 8 else torch.contiguous_format


def _layers(architecture: Architecture, shape: tuple[int, ...]) -> list[nn.Module]:
    pooling = nn.AvgPool3d if architecture.averages else nn.MaxPool3d
    layers, n_in = [], 1
    for n_out, kernel, pool in zip(architecture.channels, architecture.kernels, architecture.pools, strict=True):
        layers += [nn.Conv3d(n_in, n_out, kernel), nn.BatchNorm3d(n_out), nn.ReLU(), pooling(pool)]
        n_in = n_out
    features = n_in * shape[0] * shape[1] * shape[2]
    layers.append(nn.Flatten())
    if architecture.hidden:
        layers += [nn.Linear(features, architecture.hidden), nn.ReLU(), nn.Dropout(0.5)]
        features = architecture.hidden
    return [*layers, nn.Linear(features, 2)]
