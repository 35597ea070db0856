import numpy as np
import pandas as pd
import pytest
import torch

from relmaps.classify.gram import gram_matrix
from relmaps.classify.networks import build_network
from relmaps.classify.scaling import UNSCALED
from relmaps.classify.weights import save_classifier
from relmaps.io.images import write_map
from relmaps.io.tables import write_table
from relmaps.space.grid import Grid
from workflow.scripts import map_permutation

GRID = Grid((22, 24, 23), np.array([[8.0, 0, 0, -90], [0, 9, 0, -120], [0, 0, 7, -70], [0, 0, 0, 1]]), "x")
CPU = torch.device("cpu")


@pytest.fixture
def job(tmp_path, rng):
    """Eight subjects in two folds, a network for each, and a linear model."""
    labels = np.array([0, 1] * 4)
    people = pd.DataFrame({"participant_id": [f"sub-{n}" for n in range(8)], "label": labels})
    write_table(people.assign(age=np.nan, sex=None, tiv_ml=np.nan), tmp_path / "subjects.tsv")
    roles = [
        people.assign(fold=str(fold), role=np.where((np.arange(8) < 4) == (fold == 1), "test", "train"))
        for fold in (1, 2)
    ]
    write_table(pd.concat(roles), tmp_path / "splits.tsv")
    brain = rng.random(GRID.shape) > 0.6
    write_map(brain, tmp_path / "mask.nii.gz", GRID, dtype=np.uint8)
    images = rng.normal(size=(8, *GRID.shape)).astype(np.float32) * brain
    np.save(tmp_path / "array.npy", images)
    np.save(tmp_path / "gram.npy", gram_matrix(images))
    write_table(pd.DataFrame({"fold": ["1", "2"], "c": [1, 0.1]}), tmp_path / "folds.tsv")
    for fold in (1, 2):
        known = {"architecture": "small", "grid_shape": list(GRID.shape), "seed": 0}
        network = build_network("small", GRID.shape, fold)
        save_classifier(tmp_path / f"{fold}.safetensors", network, UNSCALED, known)
    predicted = [table[table["role"] == "test"].assign(score=rng.normal(size=4)) for table in roles]
    write_table(pd.concat(predicted).assign(model="small"), tmp_path / "predictions.tsv")
    selection = pd.DataFrame({"fold": ["1", "2"], "model": "small", "chosen": "true"})
    write_table(selection, tmp_path / "selection.tsv")
    array = {"array": tmp_path / "array.npy"}
    linear = {"gram": tmp_path / "gram.npy", "splits": tmp_path / "splits.tsv", "linear_folds": tmp_path / "folds.tsv"}
    return {
        "weights": [tmp_path / "1.safetensors", tmp_path / "2.safetensors"],
        "array": tmp_path / "array.npy",
        "subjects": tmp_path / "subjects.tsv",
        "splits": tmp_path / "splits.tsv",
        "brain_mask": tmp_path / "mask.nii.gz",
        "tissue_inputs": {
            "vbm_t": array,
            "svm_pattern": array | linear,
            "svm_weights": array | linear,
            "cnn_pattern": array | {name: tmp_path / f"{name}.tsv" for name in ("predictions", "selection")},
        },
        "maps": tmp_path / "maps.npz",
        "methods": {"gradient_x_input": {}},
        "tissue_features": dict.fromkeys(("vbm_t", "svm_pattern", "svm_weights", "cnn_pattern"), "gm_modulated"),
        "contributions": ["svm_contribution"],
        "space": GRID.space,
        "target": "true_class",
        "pooling": "all",
        "normalisation": "none",
        "seed": 20,
        "device": CPU,
    }


def test_every_map_that_depends_on_labels_is_made_from_the_shuffled_ones(job):
    map_permutation.main(**job)
    maps = dict(np.load(job["maps"]))
    tissue = {"vbm_t", "svm_pattern", "svm_weights", "cnn_pattern"}
    assert set(maps) == {"gradient_x_input", "svm_contribution", *tissue}
    assert all(values.any() and values.dtype == np.float32 for values in maps.values())
    people = pd.read_csv(job["subjects"], sep="\t", keep_default_na=False)
    write_table(people.assign(label=1 - people["label"]), job["subjects"])
    map_permutation.main(**job)
    turned = dict(np.load(job["maps"]))
    for name in ("vbm_t", "svm_pattern"):
        np.testing.assert_allclose(turned[name], -maps[name], rtol=1e-2, atol=1e-3 * np.abs(maps[name]).max())
    # The weights turn with the labels, and so does what each voxel contributes to the true class: twice is not at all.
    np.testing.assert_allclose(turned["svm_contribution"], maps["svm_contribution"], rtol=2e-2, atol=1e-2)
    assert not np.allclose(turned["gradient_x_input"], maps["gradient_x_input"])
