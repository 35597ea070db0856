from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from relmaps.catalogue.maps import MODEL_FREE, TRUTH_MAPS
from relmaps.io.errors import UserError
from relmaps.io.tables import write_table
from relmaps.relevance import model_free
from relmaps.relevance.model_free import open_model_free
from relmaps.relevance.model_free.study import Study


def test_every_file_is_in_the_catalogue_and_every_record_has_its_file():
    files = {path.stem for path in Path(model_free.__file__).parent.glob("*.py")} - {"__init__", "study"}
    assert files == {*MODEL_FREE, *TRUTH_MAPS}


def test_features_are_those_of_the_brain_in_c_order(grid, brain, rng, tmp_path):
    images = rng.normal(size=(3, *grid.shape)).astype(np.float32)
    np.save(tmp_path / "array.npy", images)
    study = Study(pd.DataFrame({"participant_id": list("abc")}), grid, brain, {"array": tmp_path / "array.npy"})
    np.testing.assert_array_equal(study.features(), images[:, brain])
    mean = open_model_free("mean_t1", study)(np.ones((1, 3)))[0]
    np.testing.assert_allclose(mean, images.mean(axis=0)[brain], atol=1e-6)


def test_an_array_of_other_subjects_is_refused(grid, brain, tmp_path):
    np.save(tmp_path / "array.npy", np.zeros((2, *grid.shape), np.float32))
    study = Study(pd.DataFrame({"participant_id": list("abc")}), grid, brain, {"array": tmp_path / "array.npy"})
    with pytest.raises(UserError, match=r"array\.npy: shape .* does not fit 3 subjects"):
        study.features()


@pytest.mark.parametrize(
    ("roles", "expected"),
    [
        ({"1": ["test", "train", "validation"], "10": ["train", "train", "test"]}, [[1, 2], [0, 1]]),
        ({"1": ["test"] * 3, "10": ["test"] * 3}, [[0, 1, 2]] * 2),
    ],
)
def test_training_rows_are_those_outside_the_test_part_or_all_where_all_are_tested(
    grid, brain, tmp_path, roles, expected
):
    people = pd.DataFrame({"participant_id": list("abc")})
    tables = [people.assign(fold=fold, role=role)[::-1] for fold, role in reversed(roles.items())]
    write_table(pd.concat(tables), tmp_path / "splits.tsv")
    study = Study(people, grid, brain, {"splits": tmp_path / "splits.tsv"})
    assert [rows.tolist() for rows in study.training_rows()] == expected
