import numpy as np
import pandas as pd
import pytest
import torch

from relmaps.classify.networks import build_network
from relmaps.classify.scaling import Scaling
from relmaps.classify.weights import Classifier
from relmaps.errors import UserError
from relmaps.relevance import explain
from relmaps.relevance.explain import explain_subjects, held_out, untrained_copy
from relmaps.relevance.methods import open_method
from relmaps.relevance.targets import coefficients_of

SETTINGS = {"lrp": {"beta": 0.5, "epsilon": 1e-6}, "integrated_gradients": {"steps": 50}, "guided_gradcam": {}}
SHAPE = (22, 24, 23)
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def classifiers():
    generator = np.random.default_rng(1)
    scaling = Scaling(*generator.uniform(0.5, 1.5, size=(2, *SHAPE)).astype(np.float32))
    return [
        Classifier(
            build_network("small", SHAPE, seed).eval(),
            scaling,
            {"architecture": "small", "grid_shape": SHAPE, "seed": seed},
        )
        for seed in (3, 4)
    ]


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(2).normal(1, 0.5, size=(6, *SHAPE)).astype(np.float32)


@pytest.fixture(scope="module")
def mask():
    return np.random.default_rng(3).random(SHAPE) > 0.5


@pytest.mark.parametrize("name", SETTINGS)
def test_maps_are_means_over_seeds_of_scaled_subjects(classifiers, images, mask, name, monkeypatch):
    monkeypatch.setattr(explain, "BATCH_VOXELS", 2 * mask.size)
    rows, labels = np.array([1, 2, 5]), np.array([1, 0, 1])
    method = open_method(name, SETTINGS[name])
    heat = explain_subjects(classifiers, images, rows, labels, mask, method, "true_class", CPU)
    maps, scores = [], []
    for classifier in classifiers:
        x = torch.from_numpy((images[rows] - classifier.scaling.mean) / classifier.scaling.scale)[:, None]
        maps.append(
            method.explain(classifier.network, x, torch.from_numpy(coefficients_of("true_class", labels))).numpy()[
                :, mask
            ]
        )
        logits = classifier.network(x).detach().numpy()
        scores.append(logits[:, 1] - logits[:, 0])
    scale = np.abs(maps).max()
    np.testing.assert_allclose(heat.maps, np.mean(maps, axis=0), rtol=1e-3, atol=1e-5 * scale)
    np.testing.assert_allclose(heat.score, np.mean(scores, axis=0), rtol=1e-4, atol=1e-5)
    if name == "guided_gradcam":
        assert np.isnan(heat.completeness_error).all()
    else:
        assert (heat.completeness_error < 0.1).all()


@pytest.mark.parametrize("name", SETTINGS)
def test_maps_depend_on_the_explained_class(classifiers, images, mask, name):
    method = open_method(name, SETTINGS[name])
    one, other = (
        explain_subjects(classifiers[:1], images, np.arange(2), np.full(2, label), mask, method, "true_class", CPU).maps
        for label in (0, 1)
    )
    assert np.linalg.norm(one - other) > 0.5 * max(np.linalg.norm(one), np.linalg.norm(other))


def test_untrained_network_shares_only_architecture_and_scaling(classifiers):
    random = untrained_copy(classifiers[0], 1021)
    assert random.scaling is classifiers[0].scaling
    assert not random.network.training
    parameters = [classifier.network.layers[0].weight for classifier in (random, classifiers[0])]
    assert not torch.equal(*parameters)
    assert torch.equal(untrained_copy(classifiers[1], 1021).network.layers[0].weight, parameters[0])


def splits_of(roles):
    return pd.DataFrame([("1", name, role) for name, role in roles], columns=["fold", "participant_id", "role"])


def test_held_out_are_the_rows_of_the_test_part():
    people = pd.Series(["sub-a", "sub-b", "sub-c", "sub-d"])
    roles = [("sub-d", "test"), ("sub-a", "train"), ("sub-b", "test"), ("sub-c", "validation")]
    assert held_out(splits_of(roles), "1", people).tolist() == [1, 3]


@pytest.mark.parametrize("role", ["train", "validation"])
def test_subject_that_was_also_trained_on_is_refused(role):
    roles = [("sub-a", "test"), ("sub-b", "test"), ("sub-b", role)]
    with pytest.raises(UserError, match=r"sub-b is both tested and trained on in fold 1"):
        held_out(splits_of(roles), "1", pd.Series(["sub-a", "sub-b"]))


def test_unknown_method_is_told():
    with pytest.raises(UserError, match="deconvolution is unknown"):
        open_method("deconvolution", {})
