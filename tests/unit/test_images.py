import gzip

import nibabel as nib
import numpy as np
import pytest

from relmaps.errors import ScanError, UserError
from relmaps.images import load_grid, read_map, read_mask, read_raw, save, write_map


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


def test_a_raw_scan_is_turned_to_ras_with_every_voxel_at_its_place(tmp_path, rng):
    data = rng.integers(0, 1000, (5, 6, 7)).astype(np.int16)
    affine = np.array([[0, 0, -2.0, 30], [-3.0, 0, 0, 20], [0, 4.0, 0, -10], [0, 0, 0, 1]])  # axes P, S, L
    nib.save(nib.Nifti1Image(data, affine), tmp_path / "raw.nii.gz")
    raw = read_raw(tmp_path / "raw.nii.gz")
    assert nib.aff2axcodes(raw.affine) == ("R", "A", "S")
    for voxel in [(0, 0, 0), (4, 2, 6), (1, 5, 3)]:
        turned = np.rint(np.linalg.inv(raw.affine) @ affine @ [*voxel, 1]).astype(int)[:3]
        assert raw.get_fdata()[tuple(turned)] == data[voxel]


def test_a_corrupted_byte_is_noticed(tmp_path, rng):
    """A wrong checksum: the data unpack, but are not what was packed."""
    path = tmp_path / "raw.nii.gz"
    save(nib.Nifti1Image(rng.integers(1, 9, (8, 8, 8)).astype(np.int16), np.eye(4)), path)
    content = bytearray(path.read_bytes())
    content[-6] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises((OSError, EOFError)), gzip.open(path) as file:
        file.read()
    with pytest.raises(ScanError, match="damaged"):
        read_raw(path)


def test_a_singular_affine_is_refused(tmp_path):
    image = nib.Nifti1Image(np.arange(27, dtype=np.float32).reshape(3, 3, 3), np.eye(4))
    image.header["sform_code"], image.header["qform_code"] = 1, 0
    image.header["srow_z"] = image.header["srow_y"]
    nib.save(nib.Nifti1Image(image.get_fdata(), None, image.header), tmp_path / "raw.nii")
    with pytest.raises(ScanError, match="singular"):
        read_raw(tmp_path / "raw.nii")
