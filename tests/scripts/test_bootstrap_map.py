import numpy as np
import pandas as pd
import pytest

from relmaps.io.images import write_map
from relmaps.io.tables import read_table, write_table
from relmaps.overlap import bootstrap as overlap_bootstrap
from relmaps.overlap.bootstrap_samples import read_samples
from relmaps.overlap.resampling import subject_weights
from relmaps.overlap.scoring_space import Specification, open_scoring_space
from relmaps.relevance.group import open_group_map
from tests.small_scoring_space import write_scoring_space
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
    write_map(images.mean(axis=0), tmp_path / "group.nii.gz", grid)
    return {
        "map_name": "mean_t1",
        "inputs": {
            "subjects": tmp_path / "subjects.tsv",
            "brain_mask": tmp_path / "brain.nii.gz",
            "array": tmp_path / "array.npy",
        },
        "published": tmp_path / "group.nii.gz",
        "scoring_files": write_scoring_space(tmp_path, grid, brain),
        "folds": tmp_path / "splits.tsv",
        "settings": {
            "space": grid.space,
            "feature": "t1_syn",
            "pooling": "all",
            "normalisation": "none",
        },
        "specifications": [
            {"sign": "abs", "smoothing_mm": 8, "mask": "brain"},
            {"sign": "signed", "smoothing_mm": 0, "mask": "gm"},
        ],
        "n_bootstrap": 20,
        "seed": 3,
        "samples": tmp_path / "mean_t1.npz",
    }


def test_draws_are_those_of_resampled_subjects(arguments, grid, brain):
    bootstrap_map.main(**arguments)
    by_specification = read_samples(arguments["samples"])
    participants = read_table(arguments["inputs"]["subjects"])["participant_id"]
    weights = subject_weights(participants, read_table(arguments["folds"]), 20, 3)
    inputs, settings = arguments["inputs"], arguments["settings"]
    group_map = open_group_map("mean_t1", **inputs, **settings)
    scoring_space = open_scoring_space(**arguments["scoring_files"])
    assert list(by_specification) == [Specification(**specification) for specification in arguments["specifications"]]
    for specification, samples in by_specification.items():
        expected = overlap_bootstrap.bootstrap_map(group_map, weights, scoring_space, specification)
        np.testing.assert_array_equal(samples.scores, expected.scores)
        assert np.isfinite(samples.of("truth", "roc_auc")).all()
        assert samples.reliability == expected.reliability


def test_the_same_seed_gives_the_same_bytes(arguments, tmp_path):
    bootstrap_map.main(**arguments)
    bootstrap_map.main(**arguments | {"samples": tmp_path / "again.npz"})
    assert (tmp_path / "again.npz").read_bytes() == arguments["samples"].read_bytes()


def test_another_published_map_is_a_defect(arguments, grid, rng):
    write_map(rng.random(grid.shape), arguments["published"], grid)
    with pytest.raises(ValueError, match="differs from the published one"):
        bootstrap_map.main(**arguments)
