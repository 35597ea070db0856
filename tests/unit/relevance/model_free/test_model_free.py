from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from relmaps.catalogue.maps import MODEL_FREE
from relmaps.io.errors import UserError
from relmaps.relevance import model_free
from relmaps.relevance.model_free import open_model_free
from relmaps.relevance.model_free.study import Study


def test_every_file_is_in_the_catalogue_and_every_record_has_its_file():
    files = {path.stem for path in Path(model_free.__file__).parent.glob("*.py")} - {"__init__", "study"}
    assert files == set(MODEL_FREE)


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
