import numpy as np
import pandas as pd
import pytest

from relmaps.images import write_map
from relmaps.overlap.arena import Cell, open_arena
from relmaps.overlap.draws import read_draws
from relmaps.overlap.resampling import subject_weights
from relmaps.reference.reference import Reference
from relmaps.tables import read_table, write_table
from workflow.scripts import bootstrap_map


@pytest.fixture
def arguments(tmp_path, grid, brain, rng):
    """The mean T1 of eight subjects and one reference."""
    people = pd.DataFrame({"participant_id": [f"sub-{n}" for n in range(8)], "label": [0, 1] * 4})
    write_table(people.assign(age=np.nan, sex=None, tiv_ml=np.nan), tmp_path / "subjects.tsv")
    roles = [
        people.assign(fold=str(fold), role=np.where((np.arange(8) < 4) == (fold == 1), "test", "train"))
        for fold in (1, 2)
    ]
    write_table(pd.concat(roles), tmp_path / "splits.tsv")
    images = rng.normal(3, 1, size=(8, *grid.shape)).astype(np.float32) * brain
    np.save(tmp_path / "array.npy", images)
    write_map(brain, tmp_path / "brain.nii.gz", grid, dtype=np.uint8)
    write_map(images.mean(axis=0), tmp_path / "group.nii.gz", grid)
    loss = brain & (np.indices(grid.shape)[0] > 4)
    files = [tmp_path / name for name in ("map.nii.gz", "mask.nii.gz", "reference.json")]
    Reference(loss.astype(np.float32), loss, "truth", "", "", 1.0).write(*files, grid)
    return {
        "map_name": "mean_t1",
        "inputs": {
            "subjects": tmp_path / "subjects.tsv",
            "brain_mask": tmp_path / "brain.nii.gz",
            "array": tmp_path / "array.npy",
        },
        "published": tmp_path / "group.nii.gz",
        "gm_mask": tmp_path / "brain.nii.gz",
        "folds": tmp_path / "splits.tsv",
        "references": ["truth"],
        "masks": [files[1]],
        "sidecars": [files[2]],
        "settings": {
            "space": grid.space,
            "feature": "t1_syn",
            "pooling": "all",
            "normalisation": "none",
        },
        "headline": {"sign": "abs", "smoothing_mm": 8, "mask": "brain"},
        "n_draws": 20,
        "seed": 3,
        "draws": tmp_path / "mean_t1.npz",
    }


def test_draws_are_scores_of_resampled_subjects(arguments, grid, brain):
    bootstrap_map.main(**arguments)
    draws = read_draws(arguments["draws"])
    participants = read_table(arguments["inputs"]["subjects"])["participant_id"]
    weights = subject_weights(participants, read_table(arguments["folds"]), 20, 3)
    images = np.load(arguments["inputs"]["array"])[:, brain]
    mask = arguments["inputs"]["brain_mask"]
    arena = open_arena(mask, mask, grid.space, ["truth"], arguments["masks"], arguments["sidecars"])
    scorer = arena.scorer(Cell(**arguments["headline"]))
    expected = [scorer(np.repeat(images, drawn, axis=0).mean(axis=0)) for drawn in weights]
    np.testing.assert_allclose(draws.scores, expected, atol=2e-3)


def test_the_same_seed_gives_the_same_bytes(arguments, tmp_path):
    bootstrap_map.main(**arguments)
    bootstrap_map.main(**arguments | {"draws": tmp_path / "again.npz"})
    assert (tmp_path / "again.npz").read_bytes() == arguments["draws"].read_bytes()


def test_another_published_map_is_a_defect(arguments, grid, rng):
    write_map(rng.random(grid.shape), arguments["published"], grid)
    with pytest.raises(ValueError, match="differs from the published one"):
        bootstrap_map.main(**arguments)
