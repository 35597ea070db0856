import numpy as np
import pandas as pd
import pytest
import torch

from relmaps.classify.networks import build_network
from relmaps.classify.scaling import Scaling
from relmaps.classify.weights import Classifier
from relmaps.io.errors import UserError
from relmaps.relevance import explain
from relmaps.relevance.explain import Cohort, explain_subjects, training_controls, untrained_copy
from relmaps.relevance.methods import open_method
from relmaps.relevance.targets import make_coefficients
from relmaps.space.grid import Grid

pytestmark = pytest.mark.fault

SETTINGS = {
    "lrp": {"beta": 0.5, "epsilon": 1e-6},
    "integrated_gradients": {"rule": "left", "steps": 50, "tolerance": None, "max_steps": 50},
    "guided_gradcam": {},
}
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


@pytest.fixture(scope="module")
def cohort(images, mask):
    return Cohort(
        images, np.array([0, 1, 0, 1, 0, 0]), np.array([0, 4]), Grid(SHAPE, np.diag([8.0, 7, 8, 1]), "x"), mask
    )


def explained(classifiers, cohort, rows, name, targets):
    """All batches in one piece: maps, scores, errors, shares outside."""
    batches = list(explain_subjects(classifiers, cohort, rows, open_method(name, SETTINGS[name]), targets, CPU))
    assert [batch.place.start for batch in batches] == list(range(0, len(rows), 2))
    parts = ((batch.maps, batch.score, batch.completeness_error, batch.outside) for batch in batches)
    return [np.concatenate(part, axis=2 if part[0].ndim > 2 else 1) for part in zip(*parts, strict=True)]


@pytest.mark.parametrize("name", SETTINGS)
def test_maps_are_those_of_scaled_subjects(classifiers, images, cohort, mask, name, monkeypatch):
    monkeypatch.setattr(explain, "VOXELS_AT_ONCE", 2 * mask.size)
    rows, targets = np.array([1, 2, 5]), ["true_class", "disease", "logit_difference"]
    maps, scores, errors, outside = explained(classifiers, cohort, rows, name, targets)
    assert maps.shape == (2, 3, 3, mask.sum())
    method = open_method(name, SETTINGS[name])
    for seed, classifier in enumerate(classifiers):
        x = torch.from_numpy((images[rows] - classifier.scaling.mean) / classifier.scaling.scale)[:, None]
        logits = classifier.network(x).detach().numpy()
        np.testing.assert_allclose(scores[seed], logits[:, 1] - logits[:, 0], rtol=1e-4, atol=1e-5)
        for number, target in enumerate(targets):
            coefficients = torch.from_numpy(make_coefficients(target, cohort.labels[rows]))
            whole = method.explain(classifier.network, x, coefficients).numpy()
            atol = 1e-5 * np.abs(whole).max()
            np.testing.assert_allclose(maps[seed, number], whole[:, mask], rtol=1e-3, atol=atol)
            lost, whole = np.abs(whole[:, ~mask]).sum(axis=1), np.abs(whole).sum(axis=(1, 2, 3))
            share = np.where(whole > 0, lost / np.where(whole > 0, whole, 1), np.nan)  # Guided Grad-CAM may be silent
            np.testing.assert_allclose(outside[seed, number], share, atol=1e-4)
    assert np.isnan(errors).all() if name == "guided_gradcam" else (errors < 0.1).all()


@pytest.mark.parametrize("name", SETTINGS)
def test_maps_depend_on_the_explained_class(classifiers, cohort, name, monkeypatch, mask):
    monkeypatch.setattr(explain, "VOXELS_AT_ONCE", 2 * mask.size)
    maps, *_ = explained(classifiers[:1], cohort, np.array([0, 2]), name, ["true_class", "disease"])
    control, disease = maps[0]
    assert np.linalg.norm(control - disease) > 0.5 * max(np.linalg.norm(control), np.linalg.norm(disease))


@pytest.mark.parametrize("name", SETTINGS)
def test_a_layout_for_speed_changes_rounding_alone(cohort, images, name):
    """Networks of eight channels and more are explained with their channels last in memory."""
    network = build_network("wide", SHAPE, 5).eval()
    x, coefficients = torch.from_numpy(images[:2, None]), torch.eye(2)
    plain = open_method(name, SETTINGS[name]).explain(network, x, coefficients)
    ready = explain.to_explain(network, CPU)
    assert ready.layers[0].weight.is_contiguous(memory_format=torch.channels_last_3d)
    maps = open_method(name, SETTINGS[name]).explain(ready, x, coefficients)
    torch.testing.assert_close(maps, plain, rtol=1e-3, atol=1e-4 * plain.abs().max().item())


def test_controls_of_the_training_part_are_drawn_and_scaled(classifiers, cohort, images):
    context = cohort.context(classifiers[0], CPU, at_once=1, seed=3)
    drawn = context.controls(20, 1)
    scaled = [classifiers[0].scaling.apply(images[[row]])[0] for row in (0, 4)]
    kinds = [next(k for k, one in enumerate(scaled) if np.allclose(one, scan[0], atol=1e-5)) for scan in drawn]
    assert set(kinds) == {0, 1}
    assert torch.equal(drawn, context.controls(20, 1))
    assert context.seed == 3


def test_training_controls_are_those_of_the_fold():
    people = pd.DataFrame({"participant_id": ["a", "b", "c", "d"], "label": [0, 0, 1, 0]})
    splits = build_splits([("a", "train"), ("c", "train"), ("b", "validation"), ("d", "test")])
    assert training_controls(splits, "1", people).tolist() == [0]
    assert training_controls(build_splits([("a", "test")]), "1", people).tolist() == [0, 1, 3]


def test_untrained_network_shares_only_architecture_and_scaling(classifiers):
    random = untrained_copy(classifiers[0], 1021)
    assert random.scaling is classifiers[0].scaling
    assert not random.network.training
    parameters = [classifier.network.layers[0].weight for classifier in (random, classifiers[0])]
    assert not torch.equal(*parameters)
    assert torch.equal(untrained_copy(classifiers[1], 1021).network.layers[0].weight, parameters[0])


def build_splits(roles):
    return pd.DataFrame([("1", name, role) for name, role in roles], columns=["fold", "participant_id", "role"])


@pytest.mark.fault
@pytest.mark.parametrize("name", ["lrp", "integrated_gradients"])
def test_a_batch_that_does_not_fit_is_split_and_so_are_those_after_it(
    classifiers, cohort, mask, name, monkeypatch, caplog
):
    """Methods are prepared for as few images at once; maps are those of the whole batch."""
    monkeypatch.setattr(explain, "VOXELS_AT_ONCE", 4 * mask.size)
    rows, method = np.arange(6), open_method(name, SETTINGS[name])

    def explain_all():
        return list(explain_subjects(classifiers, cohort, rows, method, ["disease"], CPU))

    whole, real, calls = explain_all(), type(method).explain, []

    def fits_three(self, network, x, coefficients):
        calls.append(len(x))
        if len(x) > 3:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 1 bytes.")
        assert getattr(self, "images_at_once", 2) == 2
        return real(self, network, x, coefficients)

    monkeypatch.setattr(type(method), "explain", fits_three)
    with caplog.at_level("WARNING", logger="relmaps"):
        split = explain_all()
    assert calls == [4, *[2] * 6]  # two classifiers, three pieces
    assert caplog.text.count("memory ran out: batches to explain are now split in 2 pieces") == 1
    assert [(batch.place.start, batch.place.stop) for batch in split] == [(0, 2), (2, 4), (4, 6)]
    for part, axis in (("maps", 2), ("score", 1), ("completeness_error", 2), ("outside", 2)):
        found, expected = (np.concatenate([getattr(b, part) for b in batches], axis) for batches in (split, whole))
        np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4 * np.nanmax(np.abs([*expected.flat, 1e-9])))


@pytest.mark.fault
@pytest.mark.parametrize(
    "error", [torch.OutOfMemoryError("CUDA out of memory"), MemoryError(), RuntimeError("can't allocate memory")]
)
def test_memory_for_not_even_one_scan_is_one_clear_line(classifiers, cohort, monkeypatch, error):
    def full(*_):
        raise error

    method = open_method("lrp", SETTINGS["lrp"])
    monkeypatch.setattr(type(method), "explain", full)
    with pytest.raises(UserError) as raised:
        list(explain_subjects(classifiers, cohort, np.arange(6), method, ["disease"], CPU))
    assert str(raised.value) == (
        "not enough memory to explain one scan at a time; choose a smaller network in classify.cnn.architectures, a "
        "larger preprocess.template.voxel_mm or a device with more memory"
    )


def test_other_errors_are_not_taken_for_memory(classifiers, cohort, monkeypatch):
    def wrong(*_):
        raise RuntimeError("shapes do not fit")

    method = open_method("lrp", SETTINGS["lrp"])
    monkeypatch.setattr(type(method), "explain", wrong)
    with pytest.raises(RuntimeError, match="shapes do not fit"):
        list(explain_subjects(classifiers, cohort, np.arange(6), method, ["disease"], CPU))
