import numpy as np
import pandas as pd
import pytest
import torch

from relmaps.classify.networks import build_network
from relmaps.classify.scaling import Scaling
from relmaps.classify.weights import save_classifier
from relmaps.io.errors import UserError
from relmaps.io.images import read_map, write_map
from relmaps.io.tables import read_table, write_table
from relmaps.space.grid import Grid
from workflow.scripts import explain_cnn

GRID = Grid(
    (22, 24, 23), np.array([[8.0, 0, 0, -90], [0, 9, 0, -120], [0, 0, 7, -70], [0, 0, 0, 1]]), "MNI152NLin2009aSym"
)


@pytest.fixture
def job(tmp_path, rng):
    """Arguments of a job on four subjects, the middle two held out, and one network with two seeds."""
    people = pd.DataFrame({"participant_id": ["sub-a", "sub-b", "sub-c", "sub-d"], "label": [0, 1, 0, 1]})
    write_table(people, tmp_path / "subjects.tsv")
    roles = people.assign(fold="1", role=["train", "test", "test", "validation"])
    write_table(roles, tmp_path / "splits.tsv")
    chosen = pd.DataFrame({"fold": ["1"], "model": ["small"], "seed": [0], "chosen": ["true"]})
    write_table(chosen, tmp_path / "selection.tsv")
    mask = rng.random(GRID.shape) > 0.6
    write_map(mask, tmp_path / "mask.nii.gz", GRID, dtype=np.uint8)
    np.save(tmp_path / "array.npy", rng.normal(size=(4, *GRID.shape)).astype(np.float32))
    scaling = Scaling(*rng.uniform(0.5, 1.5, size=(2, *GRID.shape)).astype(np.float32))
    for seed in (0, 1):
        known = {"architecture": "small", "grid_shape": list(GRID.shape), "seed": seed}
        save_classifier(tmp_path / f"{seed}.safetensors", build_network("small", GRID.shape, seed), scaling, known)
    return {
        "weights": [tmp_path / "0.safetensors", tmp_path / "1.safetensors"],
        "array": tmp_path / "array.npy",
        "subjects": tmp_path / "subjects.tsv",
        "splits": tmp_path / "splits.tsv",
        "selection": tmp_path / "selection.tsv",
        "brain_mask": tmp_path / "mask.nii.gz",
        "fold_map": tmp_path / "fold-1.nii.gz",
        "seed_maps": tmp_path / "fold-1_seeds.npy",
        "subject_maps": tmp_path / "fold-1_subjects.npy",
        "subject_table": tmp_path / "fold-1_subjects.tsv",
        "map_name": "integrated_gradients",
        "model": "small",
        "fold": "1",
        "space": GRID.space,
        "method": {"rule": "left", "steps": 100, "tolerance": None, "max_steps": 100},
        "targets": ["true_class", "disease"],
        "pooling": "class_means",
        "normalisation": "unit_l1",
        "seed": 20,
        "device": torch.device("cpu"),
    }


def test_writes_maps_of_the_held_out_subjects(job):
    explain_cnn.main(**job)
    table = read_table(job["subject_table"])
    assert table["participant_id"].tolist() == ["sub-b", "sub-c"] * 2
    assert table["target"].tolist() == ["true_class"] * 2 + ["disease"] * 2
    assert table["label"].tolist() == [1, 0] * 2
    assert set(table["model"]) == {"small"}
    assert (table["completeness_error"] < 0.1).all()
    assert table["outside_share"].between(0.05, 0.95).all()
    maps = np.load(job["subject_maps"])
    mask = read_map(job["brain_mask"], GRID) > 0
    assert maps.shape == (2, 2, mask.sum())
    true_class, disease = maps.astype(float) * table["amplitude"].to_numpy().reshape(2, 2, 1)
    np.testing.assert_array_equal(true_class[0], disease[0])
    assert not np.allclose(true_class[1], disease[1])
    np.testing.assert_allclose(np.abs(true_class).sum(axis=1), table["l1"][:2], rtol=1e-3)
    pooled = (true_class / np.abs(true_class).sum(axis=1, keepdims=True)).mean(axis=0)
    group = read_map(job["fold_map"], GRID)
    np.testing.assert_allclose(group[mask], pooled, atol=1e-3 * np.abs(pooled).max())
    assert not group[~mask].any()


def test_each_seed_has_a_group_map(job):
    explain_cnn.main(**job)
    both = np.load(job["seed_maps"])
    explain_cnn.main(**job | {"weights": job["weights"][1:]})
    np.testing.assert_allclose(np.load(job["seed_maps"])[0], both[1], rtol=1e-5)
    mask = read_map(job["brain_mask"], GRID) > 0
    np.testing.assert_allclose(read_map(job["fold_map"], GRID)[mask], both[1], rtol=1e-5, atol=1e-12)


def test_networks_that_were_not_chosen_leave_a_group_map_only(job):
    explain_cnn.main(**job)
    group = read_map(job["fold_map"], GRID)
    selection = read_table(job["selection"])
    write_table(selection.assign(chosen="false"), job["selection"])
    explain_cnn.main(**job)
    assert np.load(job["subject_maps"]).shape[:2] == (1, 0)
    assert set(read_table(job["subject_table"])["target"]) == {"true_class"}
    np.testing.assert_array_equal(read_map(job["fold_map"], GRID), group)


def test_same_inputs_give_the_same_bytes(job):
    written = []
    for _ in range(2):
        explain_cnn.main(**job)
        written.append([job[name].read_bytes() for name in ("fold_map", "subject_maps", "subject_table")])
    assert written[0] == written[1]


def test_untrained_network_depends_on_seed_and_fold_only(job):
    job |= {"map_name": "untrained", "weights": job["weights"][:1]}
    explain_cnn.main(**job)
    first = np.load(job["subject_maps"])
    explain_cnn.main(**job | {"weights": [job["weights"][0].with_name("1.safetensors")]})
    np.testing.assert_array_equal(np.load(job["subject_maps"]), first)
    explain_cnn.main(**job | {"seed": 21})
    assert not np.allclose(np.load(job["subject_maps"]), first)


def test_subject_that_was_trained_on_is_refused(job):
    splits = read_table(job["splits"])
    write_table(pd.concat([splits, splits[:1].assign(participant_id="sub-b")]), job["splits"])
    with pytest.raises(UserError, match="sub-b is both tested and trained on"):
        explain_cnn.main(**job)
    assert not job["subject_maps"].exists()
