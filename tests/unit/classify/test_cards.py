import re

import numpy as np
import pandas as pd
import pytest
import torch

from relmaps.classify import checkpoint_metadata, weights
from relmaps.classify.cards import make_card
from relmaps.classify.checkpoint_metadata import read_weights
from relmaps.classify.networks import build_network
from relmaps.classify.scaling import UNSCALED, Scaling
from relmaps.io.errors import UserError
from relmaps.io.files import hash_file

SHAPE = (25, 30, 24)
METADATA = {"model": "small_binarised", "architecture": "small", "feature": "binarised", "grid_shape": list(SHAPE)}
METADATA |= {"fold": "2", "seed": 3, "epoch": 7}
STUDY = {"name": "demo", "disease": "AD", "control": "CN", "space": "MNI152NLin2009aSym", "voxel_mm": 4.0}
STUDY |= {
    "truth": None,
    "labels_shuffled": False,
    "preprocessing": {"registration": "SyN", "feature": {"smoothing_mm": 8}},
}


def write_weights(path, metadata=METADATA, scaled=True):
    network = build_network("small", SHAPE, seed=1)
    scaling = Scaling(np.zeros(SHAPE, np.float32), np.ones(SHAPE, np.float32)) if scaled else UNSCALED
    weights.save_classifier(path, network, scaling, metadata)
    return network


@pytest.fixture
def performance():
    rows = [
        (model, fold, seed, metric, value + shift, low, high)
        for model, value in {"selected": 0.71, "svm": 0.82, "covariates": 0.53}.items()
        for fold, seed, shift, low, high in [
            ("2", "3", 0.1, np.nan, np.nan),
            ("2", "4", 0.2, np.nan, np.nan),
            ("all", "all", 0.0, 0.4, 0.9),
        ]
        for metric in ("balanced_accuracy", "roc_auc", "brier")
    ]
    return pd.DataFrame(rows, columns=["model", "fold", "seed", "metric", "value", "ci_low", "ci_high"])


@pytest.fixture
def people():
    rows = [("train", 1, 70.0, "f"), ("train", 1, 74.0, "m"), ("train", 0, 60.0, "f"), ("train", 0, None, "f")]
    rows += [("validation", 1, None, None), ("test", 0, 50.0, "f")]
    return pd.DataFrame(rows, columns=["role", "label", "age", "sex"])


@pytest.fixture
def card(tmp_path, performance, people):
    def make(truth=None, labels_shuffled=False, **recipe):
        write_weights(tmp_path / "fold-2_seed-3.safetensors")
        found = read_weights(tmp_path / "fold-2_seed-3.safetensors")
        study = STUDY | {"truth": truth, "labels_shuffled": labels_shuffled}
        options = {"recipe": recipe, "study": study, "confidence": 0.9, "versions": {"torch": "9.9"}}
        return make_card("2", [found], people, performance, **options)

    return make


def cells(card):
    """First cell of each row -> the others."""
    rows = [line.strip("| ").split(" | ") for line in card.splitlines() if line.startswith("|")]
    return {tuple(row[:1]): row[1:] for row in rows}


def test_the_head_tells_what_the_file_holds(tmp_path):
    path = tmp_path / "fold-2_seed-3.safetensors"
    network = write_weights(path)
    found = read_weights(path)
    assert found.n_parameters == sum(parameter.numel() for parameter in network.parameters())
    assert found.key == ("small_binarised", "2", 3)
    assert found.architecture == "small"
    assert found.sha256 == hash_file(path)
    assert found.z_scored
    write_weights(path, scaled=False)
    assert not read_weights(path).z_scored


def test_a_file_without_architecture_has_it_as_its_model(tmp_path):
    known = {key: value for key, value in METADATA.items() if key != "architecture"} | {"model": "small"}
    write_weights(tmp_path / "old.safetensors", known)
    assert read_weights(tmp_path / "old.safetensors").architecture == "small"


def test_the_head_is_where_weights_are_written():
    assert checkpoint_metadata.METADATA == weights.METADATA


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(path.read_bytes()[:100]),
        lambda path: path.write_bytes(b""),
        lambda path: write_weights(path, {"model": "small"}),
        lambda path: weights.save_file({"a": torch.zeros(2)}, path),
    ],
)
def test_damaged_files_are_named(tmp_path, damage):
    path = tmp_path / "fold-1_seed-0.safetensors"
    write_weights(path)
    damage(path)
    with pytest.raises(UserError, match=r"fold-1_seed-0.safetensors: not the weights .* delete it and rerun"):
        read_weights(path)


def test_missing_files_are_named(tmp_path):
    with pytest.raises(UserError, match=r"no.safetensors: no such weights"):
        read_weights(tmp_path / "no.safetensors")
    (tmp_path / "link.safetensors").symlink_to(tmp_path / "no.safetensors")
    with pytest.raises(UserError, match=r"link.safetensors: the link leads nowhere; fetch it"):
        read_weights(tmp_path / "link.safetensors")


def test_it_says_what_the_network_is(card):
    found = cells(card())
    assert found["Input",][0].startswith("binarised")
    assert found["Grid",] == ["25 x 30 x 24 voxels of 4 mm, MNI152NLin2009aSym"]
    assert found["Preprocessing: registration",] == ["SyN"]
    assert found["Preprocessing: feature.smoothing_mm",] == ["8"]
    assert [found[block,] for block in "123"] == [[str(c), "3 x 3 x 3", "2 x 2 x 2"] for c in (4, 8, 16)]
    assert found["`fold-2_seed-3.safetensors`",][:2] == ["3", "7"]
    assert found["torch",] == ["9.9"]


def test_it_says_who_was_there_and_nothing_of_a_single_person(card):
    rows = re.findall(r"^\| (train|validation|test) \| (.*) \|$", card(), re.M)
    assert rows == [
        ("train", "AD | 2 | 72.0 ± 2.8 | 50 %"),
        ("train", "CN | 2 | n/a | 100 %"),
        ("validation", "AD | 1 | n/a | n/a"),
        ("validation", "CN | 0 | n/a | n/a"),
        ("test", "AD | 0 | n/a | n/a"),
        ("test", "CN | 1 | n/a | n/a"),
    ]


def test_it_says_how_well_it_does_beside_models_and_controls(card):
    text = card()
    assert "| Balanced accuracy | 0.860 | 0.710 [0.400, 0.900] |" in text
    assert "All folds [90 % interval]" in text
    beside = text[text.index("Beside it") :]
    names = ["Linear SVM | 0.820", "Selected network | 0.710", "Age, sex and head size | 0.530"]
    assert [beside.index(name) for name in names] == sorted(beside.index(name) for name in names)


def test_settings_are_told_as_they_are(card):
    found = cells(card(epochs=15, patience=None, augmentation={"flip": True}))
    assert found["epochs",] == ["15"]
    assert found["patience",] == ["none"]
    assert found["augmentation.flip",] == ["True"]


def test_it_says_what_it_is_not_for(card):
    text = card()
    assert "not a diagnostic device" in text
    assert text.index("## Intended use") < text.index("## Not for") < text.index("## Limits")
    assert "not validated on patients" not in text
    for truth in ("simulated", "synthetic_atrophy"):
        assert "not validated on patients" in card(truth)


def test_tables_are_well_formed(card):
    blocks = re.findall(r"(?:^\|.*\|\n)+", card(), re.M)
    assert len(blocks) == 8
    for block in blocks:
        assert len({line.count("|") for line in block.splitlines()}) == 1
        assert set(block.splitlines()[1]) == set("| -")


def test_a_card_says_that_labels_were_shuffled(card):
    assert "permuted on purpose" in card(labels_shuffled=True)
    assert "permuted" not in card()
