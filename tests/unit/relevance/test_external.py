import nibabel as nib
import numpy as np
import pytest

from relmaps.io.errors import UserError
from relmaps.io.images import write_map
from relmaps.relevance.external import describe_external_map, read_external_map


@pytest.fixture
def data(rng, grid):
    return rng.normal(size=grid.shape).astype(np.float32)


@pytest.mark.parametrize(("polarity", "note"), [(1, "on the study's grid"), (-1, "Turned round")])
def test_a_map_keeps_its_values_or_is_turned_round(data, grid, brain, tmp_path, polarity, note):
    write_map(data, tmp_path / "theirs.nii.gz", grid)
    values, record = read_external_map(tmp_path / "theirs.nii.gz", polarity, grid, brain)
    np.testing.assert_array_equal(values[brain], polarity * data[brain])
    assert not values[~brain].any()
    assert note in record


def test_a_map_of_half_the_voxel_size_that_is_stored_the_other_way_round_keeps_its_place(data, grid, brain, tmp_path):
    """Every voxel centre of the study is one of the finer grid, whose x runs to the left."""
    fine = np.kron(data, np.ones((2, 2, 2), dtype=np.float32))
    affine = grid.affine @ np.diag([0.5, 0.5, 0.5, 1])
    turned = affine @ np.array([[-1.0, 0, 0, fine.shape[0] - 1], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])
    nib.save(nib.Nifti1Image(fine[::-1], turned), tmp_path / "theirs.nii.gz")
    values, _ = read_external_map(tmp_path / "theirs.nii.gz", 1, grid, brain)
    np.testing.assert_allclose(values[brain], data[brain], atol=1e-5)


def test_a_map_whose_affine_was_lost_is_refused(data, grid, brain, tmp_path):
    nib.save(nib.Nifti1Image(data, np.diag([8.0, 9, 7, 1])), tmp_path / "theirs.nii.gz")
    with pytest.raises(UserError, match=r"theirs\.nii\.gz: covers \d+ % of the study's brain; check its affine"):
        read_external_map(tmp_path / "theirs.nii.gz", 1, grid, brain)


def test_a_map_that_is_flat_in_the_brain_is_refused(grid, brain, tmp_path):
    write_map(np.where(brain, 2.0, 1.0), tmp_path / "theirs.nii.gz", grid)
    with pytest.raises(UserError, match="is 2 all over the brain"):
        read_external_map(tmp_path / "theirs.nii.gz", 1, grid, brain)


def test_the_sidecar_says_what_positive_means_and_has_no_subjects():
    sidecar = describe_external_map("theirs", "/home/somebody/theirs.nii.gz", "less grey matter", "a note")
    assert sidecar["polarity"] == "positive = less grey matter"
    assert (sidecar["map"], sidecar["subjects"], sidecar["model"], sidecar["feature"]) == ("theirs", 0, "n/a", "n/a")
    assert (sidecar["source"], sidecar["note"]) == ("theirs.nii.gz", "a note")
