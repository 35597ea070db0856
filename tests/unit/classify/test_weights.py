import json
import pickle

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from relmaps.classify.networks import build_network
from relmaps.classify.scaling import UNSCALED, Scaling
from relmaps.classify.weights import METADATA, load_classifier, save_classifier
from relmaps.io.errors import UserError
from tests.pickles import Trap

pytestmark = pytest.mark.fault

SHAPE = (25, 30, 24)


@pytest.fixture
def saved(tmp_path, rng):
    network = build_network("small", SHAPE, seed=1)
    network(torch.randn(2, 1, *SHAPE))  # moves the running statistics of BatchNorm away from their start
    scaling = Scaling(rng.normal(size=SHAPE).astype(np.float32), rng.random(SHAPE, dtype=np.float32))
    path = tmp_path / "fold-1_seed-0.safetensors"
    save_classifier(
        path, network, scaling, {"architecture": "small", "grid_shape": list(SHAPE), "fold": "1", "epoch": 7}
    )
    return path, network, scaling


def test_a_classifier_comes_back_as_it_was(saved):
    path, network, scaling = saved
    classifier = load_classifier(path)
    images = torch.randn(2, 1, *SHAPE)
    assert not classifier.network.training
    assert torch.equal(classifier.network(images), network.eval()(images))
    np.testing.assert_array_equal(classifier.scaling.mean, scaling.mean)
    np.testing.assert_array_equal(classifier.scaling.scale, scaling.scale)
    assert classifier.metadata == {"architecture": "small", "grid_shape": list(SHAPE), "fold": "1", "epoch": 7}


def test_the_same_classifier_gives_the_same_bytes(saved, tmp_path):
    path, network, scaling = saved
    again = tmp_path / "again.safetensors"
    save_classifier(
        again, network, scaling, {"epoch": 7, "fold": "1", "grid_shape": list(SHAPE), "architecture": "small"}
    )
    assert again.read_bytes() == path.read_bytes()


def rewrite(path, change_metadata=None, drop=(), **tensors):
    content = {name: value for name, value in load_file(path).items() if name not in drop} | tensors
    metadata = {"architecture": "small", "grid_shape": list(SHAPE)} | (change_metadata or {})
    save_file(content, path, metadata={METADATA: json.dumps(metadata)})


def test_a_pickle_offered_as_weights_is_refused_and_never_run(saved, tmp_path):
    path, trap = saved[0], Trap(tmp_path / "sprung")
    path.write_bytes(pickle.dumps(trap))
    with pytest.raises(UserError, match="not the weights of a network of this study"):
        load_classifier(path)
    torch.save({"network": trap}, path)
    with pytest.raises(UserError, match="not the weights of a network of this study"):
        load_classifier(path)
    assert not trap.path.exists()


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(path.read_bytes()[:-100]),
        lambda path: path.write_bytes(b"not weights"),
        lambda path: path.write_bytes(b""),
        lambda path: save_file({"weight": torch.zeros(2)}, path),
        lambda path: rewrite(path, {"architecture": "resnet"}),
        lambda path: rewrite(path, {"grid_shape": [60, 60, 60]}),
        lambda path: rewrite(path, {"grid_shape": "cube"}),
        lambda path: rewrite(path, drop=["network.layers.0.weight"]),
        lambda path: rewrite(path, drop=["scaling.mean"]),
        lambda path: rewrite(path, **{"scaling.scale": torch.ones(2, 2, 2)}),
        lambda path: path.unlink(),
    ],
    ids=["cut", "text", "empty", "foreign", "model", "grid", "no grid", "layer", "no mean", "scale", "missing"],
)
def test_damaged_and_foreign_files_are_refused_in_one_line(saved, damage):
    path, _, _ = saved
    damage(path)
    with pytest.raises(UserError, match=path.name) as error:
        load_classifier(path)
    assert "\n" not in str(error.value)


def test_an_input_without_scaling_needs_no_volumes(tmp_path):
    path = tmp_path / "weights.safetensors"
    save_classifier(
        path, build_network("small", SHAPE, 1), UNSCALED, {"architecture": "small", "grid_shape": list(SHAPE)}
    )
    scaling = load_classifier(path).scaling
    images = np.full((1, *SHAPE), 0.3, dtype=np.float32)
    assert scaling.mean.shape == scaling.scale.shape == ()
    np.testing.assert_array_equal(scaling.apply(images), images)
