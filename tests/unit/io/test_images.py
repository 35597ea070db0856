import nibabel as nib
import numpy as np
import pytest

from relmaps.io.errors import UserError
from relmaps.io.images import load_grid, read_map, read_mask, write_map

pytestmark = pytest.mark.fault


def test_a_map_comes_back_with_its_values_affine_and_sidecar(tmp_path, grid, rng):
    data = rng.standard_normal(grid.shape).astype(np.float32)
    write_map(data, tmp_path / "map.nii.gz", grid, {"units": "none"})
    np.testing.assert_array_equal(read_map(tmp_path / "map.nii.gz", grid), data)
    assert load_grid(tmp_path / "map.nii.gz", grid.space).fits(grid.shape, grid.affine)
    image = nib.load(tmp_path / "map.nii.gz")
    np.testing.assert_allclose(image.get_sform(), grid.affine)
    np.testing.assert_allclose(image.get_qform(), grid.affine, atol=1e-5)
    assert '"space": "MNI152NLin2009aSym"' in (tmp_path / "map.json").read_text()


def test_the_same_map_gives_the_same_bytes(tmp_path, grid, brain):
    for name in ("one.nii.gz", "two.nii.gz"):
        write_map(brain, tmp_path / name, grid, dtype=np.uint8)
    assert (tmp_path / "one.nii.gz").read_bytes() == (tmp_path / "two.nii.gz").read_bytes()
    np.testing.assert_array_equal(read_mask(tmp_path / "one.nii.gz", grid), brain)


def test_coordinates_are_those_of_the_affine(grid):
    found = grid.coordinates()[:, 2, 3, 4]
    np.testing.assert_allclose(found, (grid.affine @ [2, 3, 4, 1])[:3])
    np.testing.assert_allclose(grid.voxel_mm, [8, 9, 7])


def test_another_grid_is_refused(tmp_path, grid):
    shifted = grid.affine.copy()
    shifted[0, 3] += 1
    nib.save(nib.Nifti1Image(np.ones(grid.shape, np.float32), shifted), tmp_path / "map.nii.gz")
    with pytest.raises(UserError, match=r"map.nii.gz: grid .* is not the study's"):
        read_map(tmp_path / "map.nii.gz", grid)


def test_values_that_are_not_finite_are_refused(tmp_path, grid):
    data = np.ones(grid.shape, np.float32)
    data[1, 2, 3] = np.inf
    nib.save(nib.Nifti1Image(data, grid.affine), tmp_path / "map.nii.gz")
    with pytest.raises(UserError, match="NaN or infinite"):
        read_map(tmp_path / "map.nii.gz", grid)
