import numpy as np
import pandas as pd
import pytest
import torch

from relmaps.classify.networks import build_network
from relmaps.classify.scaling import Scaling
from relmaps.classify.weights import save_classifier
from relmaps.io.errors import UserError
from relmaps.io.images import write_map
from relmaps.io.tables import read_table, write_table
from relmaps.relevance.checks.faithfulness import Replacing
from relmaps.space.grid import Grid
from workflow.scripts import check_heatmap

GRID = Grid(
    (22, 24, 23), np.array([[8.0, 0, 0, -90], [0, 9, 0, -120], [0, 0, 7, -70], [0, 0, 0, 1]]), "MNI152NLin2009aSym"
)
OUTPUTS = ("randomisation", "faithfulness", "areas")


@pytest.fixture
def job(tmp_path, rng):
    """Arguments of a job on ten subjects in two folds: four are tested in the first, three in the second."""
    people = pd.DataFrame({"participant_id": [f"sub-{letter}" for letter in "abcdefghij"], "label": [0, 1] * 5})
    write_table(people, tmp_path / "subjects.tsv")
    roles = [people.assign(fold="1", role=["test"] * 4 + ["train"] * 6)]
    roles.append(people.assign(fold="2", role=["train"] * 7 + ["test"] * 3))
    write_table(pd.concat(roles), tmp_path / "splits.tsv")
    write_map(rng.random(GRID.shape) > 0.6, tmp_path / "mask.nii.gz", GRID, dtype=np.uint8)
    np.save(tmp_path / "array.npy", rng.normal(size=(10, *GRID.shape)).astype(np.float32))
    scaling = Scaling(*rng.uniform(0.5, 1.5, size=(2, *GRID.shape)).astype(np.float32))
    weights = {fold: tmp_path / f"fold-{fold}.safetensors" for fold in ("1", "2")}
    for fold, path in weights.items():
        known = {"architecture": "small", "grid_shape": list(GRID.shape)}
        save_classifier(path, build_network("small", GRID.shape, int(fold)), scaling, known)
    return {
        "weights": weights,
        "array": tmp_path / "array.npy",
        "subjects": tmp_path / "subjects.tsv",
        "splits": tmp_path / "splits.tsv",
        "brain_mask": tmp_path / "mask.nii.gz",
        "map_name": "guided_gradcam",
        "space": GRID.space,
        "method": {},
        "scans": {"randomisation": 2, "faithfulness": 16},
        "replacing": Replacing(block_mm=24, steps=4, random_orders=2, seed=20),
        "bootstrap_draws": 100,
        "confidence": 0.95,
        "seed": 20,
        "device": torch.device("cpu"),
    } | {name: tmp_path / f"{name}.tsv" for name in OUTPUTS}


def test_writes_both_checks_of_each_fold(job):
    check_heatmap.main(**job)
    changes, curves, areas = (read_table(job[name]) for name in OUTPUTS)
    assert all((table["map"] == "guided_gradcam").all() for table in (changes, curves, areas))
    assert changes.groupby("fold").size().to_dict() == {"1": 9, "2": 9}
    assert changes["ssim"].between(-1, 1).all()
    scans = curves.groupby("fold")["n_scans"].unique()
    assert {fold: list(counts) for fold, counts in scans.items()} == {"1": [4], "2": [3], "all": [7]}
    pooled = curves.pivot(index=["curve", "fill", "order", "fraction"], columns="fold", values="evidence")
    np.testing.assert_allclose(pooled["all"], (4 * pooled["1"] + 3 * pooled["2"]) / 7)
    assert areas.groupby("fold").size().to_dict() == {"1": 4, "2": 4, "all": 4}
    assert (areas["difference_ci_low"] <= areas["difference_ci_high"]).all()


def test_same_inputs_give_the_same_bytes(job):
    written = []
    for _ in range(2):
        check_heatmap.main(**job)
        written.append([job[name].read_bytes() for name in OUTPUTS])
    assert written[0] == written[1]


def test_a_scan_that_was_trained_on_is_refused(job):
    splits = read_table(job["splits"])
    write_table(pd.concat([splits, splits[:1].assign(role="train")]), job["splits"])
    with pytest.raises(UserError, match="sub-a is both tested and trained on"):
        check_heatmap.main(**job)
