import numpy as np
import pandas as pd
import pytest
import torch

from relmaps.classify.linear import centred_kernel, fit_linear
from relmaps.classify.networks import build_network
from relmaps.classify.roles import find_rows
from relmaps.classify.scaling import fit_scaling
from relmaps.classify.splits import split_subjects
from relmaps.classify.weights import save_classifier
from relmaps.io.images import write_map
from relmaps.io.tables import read_table, write_table
from relmaps.space.grid import Grid
from workflow.scripts.predict_external import main

SHAPE, SPACE = (22, 23, 24), "MNI152NLin2009aSym"
GRID = Grid(SHAPE, np.diag([4.0, 4, 4, 1]), SPACE)


@pytest.fixture
def finished(tmp_path, rng):
    """A study of 12 scans in 2 folds, with one network per fold and a linear SVM."""
    subjects = pd.DataFrame({"participant_id": [f"sub-{i:02d}" for i in range(12)], "label": [0, 1] * 6})
    array = rng.random((12, *SHAPE), dtype=np.float32)
    splits = split_subjects(subjects, 2, 0.25, seed=0)
    write_table(subjects, tmp_path / "subjects.tsv")
    write_table(splits, tmp_path / "splits.tsv")
    write_table(pd.DataFrame({"scan_id": ["a"], "sha256": ["0a"]}), tmp_path / "scans.tsv")
    np.save(tmp_path / "array.npy", array)
    write_map(np.ones(SHAPE, dtype=np.float32), tmp_path / "mask.nii.gz", GRID)
    rows = []
    for fold in ("1", "2"):
        train = find_rows(splits, subjects, fold, "train", "validation")
        known = {"model": "small", "architecture": "small", "grid_shape": list(SHAPE), "fold": fold, "seed": 0}
        network = build_network("small", SHAPE, int(fold))
        save_classifier(tmp_path / f"{fold}.safetensors", network, fit_scaling(array, train), known)
        flat = array.reshape(12, -1).astype(float)
        kernel, scale = centred_kernel(flat @ flat.T, train)
        labels = subjects["label"].to_numpy()
        dual, intercept = fit_linear("svm", kernel[np.ix_(train, train)], labels[train], 1.0)
        weights = (flat[train] - flat[train].mean(axis=0)).T @ dual / scale
        write_map(-weights.reshape(SHAPE).astype(np.float32), tmp_path / f"{fold}.nii.gz", GRID)
        rows.append({"fold": fold, "intercept": intercept, "kernel": kernel, "train": train, "dual": dual})
    write_table(pd.DataFrame(rows)[["fold", "intercept"]], tmp_path / "svm_folds.tsv")
    return tmp_path, array, rows


def test_new_scans_get_the_scores_that_the_models_give(finished):
    folder, array, folds = finished
    new = folder / "new"
    table = pd.DataFrame({"participant_id": ["sub-x", "sub-y", "sub-z"], "label": [1, 0, 1]})
    write_table(table, new / "subjects.tsv")
    write_table(pd.DataFrame({"scan_id": ["x"], "sha256": ["0b"]}), new / "scans.tsv")
    np.save(new / "array.npy", array[[3, 4, 8]])  # images that the first study knows, under new hashes
    main(
        subjects=new / "subjects.tsv",
        scans=new / "scans.tsv",
        brain_mask=folder / "mask.nii.gz",
        images=new / "array.npy",
        linear_images=new / "array.npy",
        weights=[folder / "1.safetensors", folder / "2.safetensors"],
        linear=["svm"],
        linear_folds=[folder / "svm_folds.tsv"],
        linear_weights=[folder / "1.nii.gz", folder / "2.nii.gz"],
        folds=["1", "2"],
        finished={name: folder / f"{name}.tsv" for name in ("subjects", "splits", "scans")}
        | {"array": folder / "array.npy", "mask": folder / "mask.nii.gz"},
        predictions=new / "applied.tsv",
        space=SPACE,
        device=torch.device("cpu"),
    )
    found = read_table(new / "applied.tsv")
    assert len(found) == 2 * 2 * 3
    assert set(found["role"]) == {"test"}
    for fold in folds:
        mine = found[(found["model"] == "svm") & (found["fold"] == fold["fold"])]
        literal = fold["kernel"][np.ix_([3, 4, 8], fold["train"])] @ fold["dual"] + fold["intercept"]
        np.testing.assert_allclose(mine["score"], literal, rtol=1e-3, atol=1e-4)
    small = found[found["model"] == "small"].pivot(index="participant_id", columns="fold", values="score")
    assert not np.allclose(small["1"], small["2"])
