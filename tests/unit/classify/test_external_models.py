import numpy as np
import pandas as pd
import pytest

from relmaps.classify.external import check_unseen, linear_scores
from relmaps.io.errors import UserError
from relmaps.io.images import write_map


@pytest.fixture
def mask(tmp_path, grid, brain):
    path = tmp_path / "mask.nii.gz"
    write_map(brain.astype(np.float32), path, grid)
    return path


def scans(*hashes):
    return pd.DataFrame({"scan_id": [f"sub-{i}" for i in range(len(hashes))], "sha256": list(hashes)})


def test_linear_scores_are_those_of_the_formula(rng):
    weights, images, trained = rng.normal(size=(2, 3, 4)), rng.normal(size=(5, 2, 3, 4)), rng.normal(size=(6, 2, 3, 4))
    train = np.array([0, 2, 5])
    literal = [np.sum(weights * (x - trained[train].mean(axis=0))) + 0.7 for x in images]
    np.testing.assert_allclose(linear_scores(weights, 0.7, trained, train, images), literal)


def test_new_scans_in_the_same_template_pass(mask, grid):
    check_unseen(scans("a", "b"), scans("c", None), mask, mask, grid.space)


def test_a_scan_of_the_finished_study_is_named(mask, grid):
    with pytest.raises(UserError, match=r"1 scan\(s\) were already .*sub-1"):
        check_unseen(scans("a", "b"), scans("c", "b"), mask, mask, grid.space)


def test_another_template_is_refused(mask, tmp_path, grid, brain):
    other = tmp_path / "other.nii.gz"
    write_map(np.roll(brain, 1, axis=0).astype(np.float32), other, grid)
    with pytest.raises(UserError, match="not the template that the models were trained in"):
        check_unseen(scans("a"), scans("b"), mask, other, grid.space)
