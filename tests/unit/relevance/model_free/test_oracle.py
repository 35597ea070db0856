import numpy as np
import pandas as pd
import pytest

from relmaps.io.images import write_map
from relmaps.preprocess.arrays import build_array
from relmaps.relevance.model_free import open_model_free
from relmaps.relevance.model_free.study import Study


@pytest.mark.parametrize("smoothing_mm", [0, 8])
def test_oracle_is_the_truth_smoothed_as_scans_are(grid, brain, rng, tmp_path, smoothing_mm):
    write_map(rng.random(grid.shape), tmp_path / "truth.nii.gz", grid)
    study = Study(pd.DataFrame(), grid, brain, {"truth": tmp_path / "truth.nii.gz"}, smoothing_mm)
    oracle = open_model_free("oracle", study)(np.ones((2, 5)))
    build_array([tmp_path / "truth.nii.gz"], 1, tmp_path / "array.npy", grid, brain, smoothing_mm, np.ones(1))
    np.testing.assert_array_equal(oracle, np.load(tmp_path / "array.npy")[[0, 0]][:, brain])
