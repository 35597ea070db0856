import pytest
import torch
from torch import nn

from relmaps.classify.networks import build_network
from relmaps.io.errors import UserError


def linear_layers(network):
    return [layer for layer in network.layers if isinstance(layer, nn.Linear)]


@pytest.mark.parametrize("width", [24, 52])
@pytest.mark.parametrize(("family", "factor"), [("A", 36), ("B", 80), ("C", 80), ("D", 80)])
def test_flattened_size_on_the_paper_s_grid(family, factor, width):
    with torch.device("meta"):
        network = build_network(f"{family}{width}", (193, 229, 193), seed=0).eval()
        images = torch.empty(1, 1, 193, 229, 193)
        flatten = next(i for i, layer in enumerate(network.layers) if isinstance(layer, nn.Flatten))
        assert network.layers[: flatten + 1](images).shape == (1, factor * width)
        assert network(images).shape == (1, 2)
    assert [layer.out_features for layer in linear_layers(network)] == [64, 2]


@pytest.mark.parametrize("shape", [(50, 59, 48), (99, 117, 95), (25, 30, 24)])
def test_small_has_a_linear_head(shape):
    with torch.device("meta"):
        network = build_network("small", shape, seed=0)
        assert network(torch.empty(2, 1, *shape)).shape == (2, 2)
    assert len(linear_layers(network)) == 1


def test_layers_are_of_the_kinds_that_relevance_methods_know():
    kinds = (nn.Conv3d, nn.BatchNorm3d, nn.ReLU, nn.MaxPool3d, nn.Flatten, nn.Linear, nn.Dropout)
    network = build_network("B24", (99, 117, 95), seed=0)
    assert all(type(layer) in kinds for layer in network.layers)
    assert len(set(network.layers)) == len(network.layers)


def test_weights_follow_from_the_seed_alone():
    first = build_network("small", (25, 30, 24), seed=3).state_dict()
    torch.rand(5)
    state = torch.get_rng_state()
    again = build_network("small", (25, 30, 24), seed=3).state_dict()
    other = build_network("small", (25, 30, 24), seed=4).state_dict()
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["layers.0.weight"], other["layers.0.weight"])
    assert torch.equal(torch.get_rng_state(), state)


def test_too_small_a_grid_is_refused():
    with pytest.raises(UserError, match="families that fit: small"):
        build_network("D24", (50, 59, 48), seed=0)
