import numpy as np
import pandas as pd
import pytest

from relmaps.catalogue.maps import TISSUE_MAPS
from relmaps.classify.gram import gram_matrix
from relmaps.io.files import read_json
from relmaps.io.images import read_map, write_map
from relmaps.io.tables import write_table
from workflow.scripts import pool_map


@pytest.fixture
def inputs(tmp_path, grid, brain, rng):
    """A study of ten subjects whose disease group has less in one octant."""
    labels = np.array([0, 1] * 5)
    people = pd.DataFrame({"participant_id": [f"sub-{n}" for n in range(10)], "label": labels})
    write_table(people.assign(age=np.nan, sex=None, tiv_ml=np.nan), tmp_path / "subjects.tsv")
    roles = [
        people.assign(fold=str(fold), role=np.where((np.arange(10) < 4) == (fold == 1), "test", "train"))
        for fold in (1, 2)
    ]
    write_table(pd.concat(roles), tmp_path / "splits.tsv")
    write_map(brain, tmp_path / "mask.nii.gz", grid, dtype=np.uint8)
    images = rng.normal(3, 0.3, size=(10, *grid.shape)).astype(np.float32)
    images[labels == 1, 5:, 6:, :3] -= 1
    np.save(tmp_path / "array.npy", images * brain)
    np.save(tmp_path / "gram.npy", gram_matrix(images * brain))
    write_table(pd.DataFrame({"fold": ["1", "2"], "c": [1, 0.1]}), tmp_path / "linear_folds.tsv")
    return {
        "subjects": tmp_path / "subjects.tsv",
        "brain_mask": tmp_path / "mask.nii.gz",
        "array": tmp_path / "array.npy",
        "splits": tmp_path / "splits.tsv",
        "gram": tmp_path / "gram.npy",
        "linear_folds": tmp_path / "linear_folds.tsv",
    }


SETTINGS = {"feature": "gm_modulated", "target": "true_class", "pooling": "all", "normalisation": "none"}


@pytest.mark.parametrize("name", ["svm_pattern", "svm_weights", "logistic_pattern", "logistic_weights", *TISSUE_MAPS])
def test_group_map_lies_where_the_disease_does(inputs, tmp_path, grid, brain, name):
    group = tmp_path / "group.nii.gz"
    pool_map.main(name, inputs, SETTINGS | {"space": grid.space}, group)
    values = read_map(group, grid)
    octant = np.zeros(grid.shape, dtype=bool)
    octant[5:, 6:, :3] = True
    assert values[octant & brain].mean() > 3 * np.abs(values[~octant & brain].mean())
    assert not values[~brain].any()
    sidecar = read_json(tmp_path / "group.json")
    assert sidecar["space"] == grid.space
    assert "less grey matter" in sidecar["polarity"]
    assert sidecar["subjects"] == 10
    if name.endswith("_pattern"):
        assert sidecar["correlation_with_class_mean_difference"] > 0.8
