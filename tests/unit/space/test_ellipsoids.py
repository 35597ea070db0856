import nibabel as nib
import numpy as np
import pytest

from relmaps.io.errors import UserError
from relmaps.space.ellipsoids import AFFECTED, SPARED, stated_regions
from relmaps.space.grid import Grid
from relmaps.space.regions import atlas_regions


@pytest.fixture
def fine():
    """4 mm voxels around the brain, off the usual origin, left-right flipped in memory."""
    return Grid((46, 55, 46), np.array([[-4.0, 0, 0, 91], [0, 4, 0, -127], [0, 0, 4, -73], [0, 0, 0, 1]]), "x")


def voxel(grid, mm):
    return tuple(np.round(np.linalg.solve(grid.affine, [*mm, 1])[:3]).astype(int))


def test_each_region_is_where_it_is_stated_on_its_own_side(fine):
    labels = stated_regions(fine)
    for number, (centre, _) in enumerate((AFFECTED | SPARED).values()):
        left = (-centre[0], *centre[1:])
        assert labels[voxel(fine, centre)] == 2 * number + 1
        assert labels[voxel(fine, left)] == 2 * number + 2
    assert labels[voxel(fine, (0, 20, -60))] == 0


def test_no_region_is_larger_than_its_ellipsoid(fine):
    """Some are smaller, where they overlap with others."""
    labels = stated_regions(fine)
    for number, (_, semi_axes) in enumerate((AFFECTED | SPARED).values()):
        for label in (2 * number + 1, 2 * number + 2):
            volume = 64 * np.count_nonzero(labels == label)
            assert 0.4 < volume / (4 / 3 * np.pi * np.prod(semi_axes)) < 1.15


def test_sides_mirror_each_other():
    """On a grid that is symmetric about x = 0."""
    labels = stated_regions(
        Grid((46, 55, 46), np.array([[4.0, 0, 0, -90], [0, 4, 0, -126], [0, 0, 4, -72], [0, 0, 0, 1]]), "x")
    )
    mirrored = labels[::-1]
    right = labels % 2 == 1
    assert (mirrored[right] == labels[right] + 1).all()
    assert np.count_nonzero(right) == np.count_nonzero(mirrored[right])


def test_atlas_of_another_grid_gives_each_voxel_the_nearest_label(grid, tmp_path, rng):
    """Both grids are anisotropic and shifted; the atlas has its axes turned round, and nothing at its rim."""
    labels = np.pad(rng.integers(0, 5, (9, 10, 8)), 1).astype(np.int16)
    affine = np.array([[-9.0, 0, 0, 43], [0, -10, 0, 60.5], [0, 0, 8, -31.3], [0, 0, 0, 1]])
    nib.save(nib.Nifti1Image(labels, affine), tmp_path / "atlas.nii.gz")
    found = atlas_regions(str(tmp_path / "atlas.nii.gz"), grid)
    literal = np.zeros(grid.shape, dtype=int)
    for place in np.ndindex(*grid.shape):
        index = np.linalg.solve(affine, grid.affine @ [*place, 1])[:3]
        nearest = tuple(np.floor(index + 0.5).astype(int))
        if all(0 <= k < size for k, size in zip(nearest, labels.shape, strict=True)):
            literal[place] = labels[nearest]
    assert found.dtype.kind == "i"
    np.testing.assert_array_equal(found, literal)


@pytest.mark.parametrize("value", [0.5, -1])
def test_what_is_no_label_is_told(grid, tmp_path, value):
    data = np.ones(grid.shape, dtype=np.float32)
    data[2, 3, 4] = value
    nib.save(nib.Nifti1Image(data, grid.affine), tmp_path / "map.nii.gz")
    with pytest.raises(UserError, match=r"map.nii.gz: holds values that are no whole numbers"):
        atlas_regions(str(tmp_path / "map.nii.gz"), grid)


def test_missing_atlas_is_told(grid):
    with pytest.raises(UserError, match=r"nowhere.nii: no such image"):
        atlas_regions("nowhere.nii", grid)
