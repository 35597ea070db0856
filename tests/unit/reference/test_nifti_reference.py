import nibabel as nib
import numpy as np
import pytest

from relmaps.io.errors import UserError
from relmaps.io.images import write_map
from relmaps.reference.sources.nifti import nifti_reference

pytestmark = pytest.mark.fault

SETTINGS, KIND = {"threshold": 6.0, "polarity": 1, "affine": None}, "meta_analysis"


def linear(coordinates):
    """A map that linear interpolation reproduces exactly."""
    return (0.5 * coordinates[0] - 0.2 * coordinates[1] + 0.1 * coordinates[2] + 3).astype(np.float32)


@pytest.fixture
def save(tmp_path):
    def _save(data, affine, code=4):
        image = nib.Nifti1Image(data, affine)
        image.set_sform(affine, code=code)
        nib.save(image, tmp_path / "map.nii.gz")
        return tmp_path / "map.nii.gz"

    return _save


def test_map_on_the_grid_is_taken_as_it_is(grid, brain, tmp_path):
    data = linear(grid.coordinates())
    write_map(data, tmp_path / "map.nii.gz", grid)
    reference = nifti_reference(tmp_path / "map.nii.gz", SETTINGS, grid, brain, KIND)
    np.testing.assert_array_equal(reference.map, data)
    np.testing.assert_array_equal(reference.mask, brain & (data >= 6))
    assert "on the study's grid" in reference.note
    assert reference.threshold == 6.0


def test_the_multiverse_keeps_shares_of_the_brain(grid, brain, tmp_path):
    data = linear(grid.coordinates())
    write_map(data, tmp_path / "map.nii.gz", grid)
    thresholds = nifti_reference(tmp_path / "map.nii.gz", SETTINGS, grid, brain, KIND).thresholds
    assert [thresholded.label for thresholded in thresholds] == [
        "value_6",
        "percentile_90",
        "percentile_95",
        "percentile_99",
    ]
    np.testing.assert_array_equal(thresholds[0].mask, brain & (data >= 6))
    highest = np.sort(data[brain])[::-1]
    for thresholded, share in zip(thresholds[1:], (0.1, 0.05, 0.01), strict=True):
        assert abs(thresholded.mask.sum() - share * brain.sum()) <= 1
        np.testing.assert_array_equal(thresholded.mask, brain & (data >= highest[thresholded.mask.sum() - 1]))


def test_map_on_another_grid_is_resampled_linearly(grid, brain, save):
    affine = np.array([[-3.0, 0, 0, 60], [0, 4, 0, -70], [0, 0, 3.5, -40], [0, 0, 0, 1]])
    shape = (40, 40, 40)
    indices = np.indices(shape, dtype=float)
    coordinates = np.einsum("ij,j...->i...", affine[:3, :3], indices) + affine[:3, 3, None, None, None]
    reference = nifti_reference(save(linear(coordinates), affine), SETTINGS, grid, brain, KIND)
    np.testing.assert_allclose(reference.map[brain], linear(grid.coordinates())[brain], atol=1e-3)
    assert "Resampled linearly" in reference.note
    assert "covers 100.0 %" in reference.note


def test_space_that_the_header_does_not_name_is_noted(grid, brain, save):
    path = save(linear(grid.coordinates()), grid.affine, code=1)
    assert "taken as MNI" in nifti_reference(path, SETTINGS, grid, brain, KIND).note


def test_talairach_is_refused(grid, brain, save):
    with pytest.raises(UserError, match=r"map\.nii\.gz: its header says Talairach space"):
        nifti_reference(save(linear(grid.coordinates()), grid.affine, code=3), SETTINGS, grid, brain, KIND)


def test_map_beside_the_brain_is_refused(grid, brain, save):
    affine = grid.affine.copy()
    affine[0, 3] += 1000
    with pytest.raises(UserError, match=r"map\.nii\.gz: covers 0 % of the study's brain; check its affine"):
        nifti_reference(save(linear(grid.coordinates()), affine), SETTINGS, grid, brain, KIND)


@pytest.mark.parametrize(("threshold", "share"), [(1e6, 0), (1e-3, 6)])
def test_threshold_that_tells_nothing_apart_is_refused(grid, brain, save, threshold, share):
    path = save(linear(grid.coordinates()), grid.affine)
    share = round(100 * (linear(grid.coordinates())[brain] >= threshold).mean())
    with pytest.raises(UserError, match=rf"map.nii.gz: {share} % of the brain's voxels .* change `threshold` or `pol"):
        nifti_reference(path, SETTINGS | {"threshold": threshold}, grid, brain, KIND)


def test_a_map_of_disease_minus_control_is_turned_round(grid, brain, save):
    data = linear(grid.coordinates())
    turned = nifti_reference(save(-data, grid.affine), SETTINGS | {"polarity": -1}, grid, brain, KIND)
    np.testing.assert_array_equal(turned.mask, brain & (data >= 6))
    np.testing.assert_array_equal(turned.map, data)
    assert "Turned round" in turned.note
    with pytest.raises(UserError, match=r"at least 6 \(values there run from .*`polarity`"):
        nifti_reference(save(-data - 50, grid.affine), SETTINGS, grid, brain, KIND)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda data: np.stack([data, data], axis=-1), r"shape \(9, 11, 8, 2\) is not 3D"),
        (lambda data: np.where(np.indices(data.shape).sum(axis=0) == 12, np.inf, data), r"infinite voxels \(\d+ infin"),
        (np.zeros_like, "empty, every voxel is 0"),
    ],
)
def test_images_that_cannot_be_used_are_refused(grid, brain, save, spoil, message):
    path = save(spoil(linear(grid.coordinates())).astype(np.float32), grid.affine)
    with pytest.raises(UserError, match=message):
        nifti_reference(path, SETTINGS, grid, brain, KIND)


def test_damaged_file_is_refused(grid, brain, save):
    path = save(linear(grid.coordinates()), grid.affine)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(UserError, match=r"map\.nii\.gz: damaged"):
        nifti_reference(path, SETTINGS, grid, brain, KIND)
