import numpy as np
import pytest
import torch
from torch import nn

from relmaps.classify.networks import build_network
from relmaps.classify.scaling import UNSCALED
from relmaps.classify.weights import Classifier
from relmaps.relevance.checks.randomisation import (
    as_shown,
    group_maps,
    likeness,
    randomisation_table,
    randomised,
    structural_similarity,
    weighted_layers,
)

CPU = torch.device("cpu")
SEED = 3


@pytest.fixture
def trained():
    """The network that the seed begins with, as if it had been trained: with other statistics and shifts."""
    network = build_network("small", (22, 24, 23), SEED).eval()
    for layer in network.layers:
        if isinstance(layer, nn.BatchNorm3d):
            layer.running_mean.uniform_(-0.3, 0.3)
            nn.init.uniform_(layer.bias, 0.1, 0.3)
    return Classifier(network, UNSCALED, {})


@pytest.fixture
def two_layers(stack):
    """A convolution and a dense layer on the 9 x 11 x 8 grid, with lively weights."""
    torch.manual_seed(0)
    network = stack(nn.Conv3d(1, 2, 3), nn.BatchNorm3d(2), nn.ReLU(), nn.Flatten(), nn.Linear(2 * 7 * 9 * 6, 2))
    return Classifier(network, UNSCALED, {})


def test_layers_are_named_from_the_output_down(trained):
    layers = weighted_layers(trained.network)
    assert list(layers) == ["dense_1", "conv_3", "conv_2", "conv_1"]
    kinds = [[type(module) for module in modules] for modules in layers.values()]
    assert kinds == [[nn.Linear], *[[nn.Conv3d, nn.BatchNorm3d]] * 3]
    assert layers["conv_1"][0] is trained.network.layers[0]


def test_only_the_named_layers_become_random(trained):
    before = {name: value.clone() for name, value in trained.network.state_dict().items()}
    copy = randomised(trained, ["dense_1", "conv_2"], SEED)
    after = copy.network.state_dict()
    changed = {name for name, value in after.items() if not torch.equal(value, before[name])}
    # Scales are ones before and after.
    of_layers = {"4": ["weight", "bias"], "5": ["bias", "running_mean"], "13": ["weight", "bias"]}
    assert changed == {f"layers.{number}.{name}" for number, names in of_layers.items() for name in names}
    assert not after["layers.5.running_mean"].any()
    assert not copy.network.training
    assert all(torch.equal(value, before[name]) for name, value in trained.network.state_dict().items())


def test_random_weights_depend_on_seed_and_layer_alone(trained):
    torch.manual_seed(1)
    state = torch.random.get_rng_state()
    one = randomised(trained, ["conv_2"], SEED).network.layers[4].weight
    assert torch.equal(torch.random.get_rng_state(), state)
    torch.rand(5)
    other = randomised(trained, ["conv_3", "conv_2"], SEED).network.layers[4].weight
    assert torch.equal(one, other)
    assert not torch.equal(randomised(trained, ["conv_2"], SEED + 1).network.layers[4].weight, one)
    assert not torch.equal(randomised(trained, ["conv_1"], SEED).network.layers[0].weight[0], one[0, 0])


def test_group_map_is_the_mean_of_scaled_maps(two_layers, cohort, method):
    rows = np.array([2, 3, 6])
    (found,) = group_maps([two_layers], cohort, rows, method, CPU, 0)
    expected = np.zeros(cohort.brain.sum())
    for row in rows:
        x = torch.from_numpy(cohort.images[row])[None, None].requires_grad_()
        two_layers.network(x)[0, cohort.labels[row]].backward()
        heat = (x * x.grad).detach().numpy()[0, 0][cohort.brain]
        expected += heat / np.abs(heat).sum() / len(rows)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-8)


def test_every_layer_is_randomised_in_both_orders(two_layers, cohort, method):
    rows = np.array([2, 3, 6])
    table = randomisation_table(two_layers, cohort, rows, method, CPU, SEED).set_index(["order", "layer"])
    assert list(table.index)[:-1] == [
        ("cascading", "dense_1"), ("cascading", "conv_1"), ("independent", "dense_1"), ("independent", "conv_1"),
    ]  # fmt: skip
    assert table["n_layers_randomised"].tolist() == [1, 2, 1, 1, 0]
    measures = ["ssim", "spearman", "spearman_absolute"]
    np.testing.assert_array_equal(
        table.loc[("cascading", "dense_1"), measures], table.loc[("independent", "dense_1"), measures]
    )
    networks = [two_layers, randomised(two_layers, ["dense_1", "conv_1"], SEED)]
    original, random = group_maps(networks, cohort, rows, method, CPU, SEED)
    expected = likeness(original, random, cohort.brain)
    assert table.loc[("cascading", "conv_1"), measures].to_dict() == pytest.approx(expected)
    assert table[measures].notna().all(axis=None)


def test_the_other_class_turns_the_map_of_opposite_logits_round(adding, cohort, method):
    table = randomisation_table(adding, cohort, np.array([2, 3, 6]), method, CPU, SEED).set_index("order")
    assert table.loc["random_logit", "spearman"] == pytest.approx(-1)
    assert table.loc["random_logit", "spearman_absolute"] == pytest.approx(1)


def test_likeness_of_a_map_to_itself_and_to_its_negative(brain, rng):
    values = rng.normal(size=brain.sum())
    assert likeness(values, 3 * values, brain) == pytest.approx({"ssim": 1, "spearman": 1, "spearman_absolute": 1})
    turned = likeness(values, -values, brain)
    assert turned["spearman"] == pytest.approx(-1)
    assert turned["spearman_absolute"] == pytest.approx(1)
    assert turned["ssim"] < 0


def test_a_map_that_does_not_vary_has_no_rank_correlation(brain, rng):
    likely = likeness(rng.normal(size=brain.sum()), np.zeros(brain.sum()), brain)
    assert np.isnan([likely["spearman"], likely["spearman_absolute"]]).all()
    assert 0 <= likely["ssim"] < 1


def test_maps_are_scaled_as_they_are_shown():
    values = np.append(np.linspace(-2, 2, 199), 50.0)
    shown = as_shown(values)
    limit = np.percentile(np.abs(values), 99)
    np.testing.assert_allclose(shown, [min(max(0.5 + value / limit / 2, 0), 1) for value in values])
    np.testing.assert_array_equal(as_shown(np.zeros(4)), np.full(4, 0.5))
    np.testing.assert_array_equal(as_shown(np.eye(300)[0]), 0.5 + np.eye(300)[0] / 2)  # the percentile is 0


def test_structural_similarity_is_the_literal_formula(brain, rng):
    a, b = rng.uniform(size=(2, *brain.shape))
    b = 0.6 * (1 - a) + 0.4 * b
    places = np.argwhere(brain)
    total = 0.0
    for centre in places:
        weights = np.array(
            [
                np.exp(-((place - centre) ** 2).sum() / (2 * 1.5**2)) * (np.abs(place - centre).max() <= 5)
                for place in places
            ]
        )
        weights /= weights.sum()
        x, y = a[brain], b[brain]
        mx, my = (weights * x).sum(), (weights * y).sum()
        vx, vy = (weights * (x - mx) ** 2).sum(), (weights * (y - my) ** 2).sum()
        cov = (weights * (x - mx) * (y - my)).sum()
        c1, c2 = 0.01**2, 0.03**2
        total += (2 * mx * my + c1) * (2 * cov + c2) / ((mx**2 + my**2 + c1) * (vx + vy + c2))
    assert structural_similarity(a, b, brain) == pytest.approx(total / len(places), rel=1e-9)
