import numpy as np
import pandas as pd
import pytest
import torch

from relmaps.classify.networks import build_network
from relmaps.classify.scaling import Scaling
from relmaps.classify.weights import save_classifier
from relmaps.errors import UserError
from relmaps.images import Grid, read_map, write_map
from relmaps.tables import read_table, write_table
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
        "brain_mask": tmp_path / "mask.nii.gz",
        "fold_map": tmp_path / "fold-1.nii.gz",
        "subject_maps": tmp_path / "fold-1_subjects.npy",
        "subject_table": tmp_path / "fold-1_subjects.tsv",
        "map_name": "integrated_gradients",
        "model": "small",
        "fold": "1",
        "space": GRID.space,
        "method": {"steps": 200},
        "pooling": "class_means",
        "normalisation": "unit_l1",
        "seed": 20,
        "device": torch.device("cpu"),
    }


def test_writes_maps_of_the_held_out_subjects(job):
    explain_cnn.main(**job)
    table = read_table(job["subject_table"])
    assert table["participant_id"].tolist() == ["sub-b", "sub-c"]
    assert table[["label", "fold", "model"]].to_numpy().tolist() == [[1, "1", "small"], [0, "1", "small"]]
    assert (table["completeness_error"] < 0.1).all()
    maps = np.load(job["subject_maps"])
    mask = read_map(job["brain_mask"], GRID) > 0
    assert maps.shape == (2, mask.sum())
    pooled = (maps / np.abs(maps).sum(axis=1, keepdims=True)).mean(axis=0)
    group = read_map(job["fold_map"], GRID)
    np.testing.assert_allclose(group[mask], pooled, rtol=1e-4, atol=1e-8)
    assert not group[~mask].any()


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
