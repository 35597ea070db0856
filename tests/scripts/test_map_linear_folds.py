import numpy as np
import pandas as pd
import pytest

from relmaps.classify.gram import gram_matrix
from relmaps.io.images import read_map, write_map
from relmaps.io.tables import write_table
from workflow.scripts import map_linear_folds, pool_map


@pytest.fixture
def inputs(tmp_path, grid, brain, rng):
    """A study of ten subjects, three folds, so that 10 comes after 2."""
    people = pd.DataFrame({"participant_id": [f"sub-{n}" for n in range(10)], "label": [0, 1] * 5})
    write_table(people.assign(age=np.nan, sex=None, tiv_ml=np.nan), tmp_path / "subjects.tsv")
    roles = [
        people.assign(fold=fold, role=np.where(np.isin(np.arange(10), tested), "test", "train"))
        for fold, tested in {"10": range(7, 10), "1": range(4), "2": range(4, 7)}.items()
    ]
    write_table(pd.concat(roles), tmp_path / "splits.tsv")
    write_map(brain, tmp_path / "mask.nii.gz", grid, dtype=np.uint8)
    images = rng.normal(size=(10, *grid.shape)).astype(np.float32) * brain
    np.save(tmp_path / "array.npy", images)
    np.save(tmp_path / "gram.npy", gram_matrix(images))
    write_table(pd.DataFrame({"fold": ["10", "1", "2"], "c": [0.1, 1, 10]}), tmp_path / "linear_folds.tsv")
    return {
        "subjects": tmp_path / "subjects.tsv",
        "brain_mask": tmp_path / "mask.nii.gz",
        "array": tmp_path / "array.npy",
        "splits": tmp_path / "splits.tsv",
        "gram": tmp_path / "gram.npy",
        "linear_folds": tmp_path / "linear_folds.tsv",
    }


def map_folds(inputs, grid, name):
    paths = [inputs["array"].with_name(f"fold-{fold}.nii.gz") for fold in (1, 2, 10)]
    map_linear_folds.main(name, inputs, grid.space, feature="gm_modulated", fold_maps=paths)
    return [read_map(path, grid) for path in paths]


@pytest.mark.parametrize("name", ["svm_pattern", "svm_weights", "logistic_pattern", "logistic_weights"])
def test_mean_of_the_folds_is_the_group_map(inputs, grid, tmp_path, name):
    folds = map_folds(inputs, grid, name)
    settings = {
        "space": grid.space,
        "feature": "gm_modulated",
        "target": "true_class",
        "pooling": "all",
        "normalisation": "none",
    }
    pool_map.main(name, inputs, settings, tmp_path / "group.nii.gz")
    group = read_map(tmp_path / "group.nii.gz", grid)
    np.testing.assert_allclose(group, np.mean(folds, axis=0), rtol=1e-4, atol=1e-5 * np.abs(folds).max())


def test_fold_does_not_see_its_test_subjects(inputs, grid):
    before = map_folds(inputs, grid, "svm_weights")
    images = np.load(inputs["array"])
    images[7:] *= 3  # tested in fold 10, the third
    np.save(inputs["array"], images)
    np.save(inputs["gram"], gram_matrix(images))
    after = map_folds(inputs, grid, "svm_weights")
    same = [np.allclose(*maps, atol=2e-3 * np.abs(maps[0]).max()) for maps in zip(before, after, strict=True)]
    assert same == [False, False, True]
