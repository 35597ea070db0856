import nibabel as nib
import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from relmaps.io.errors import UserError
from relmaps.space.grid import Grid
from relmaps.space.resample import is_thresholded, read_on_grid

pytestmark = pytest.mark.fault

FINE = np.array([[-2.0, 0, 0, 60], [0, 2, 0, -70], [0, 0, 2, -50], [0, 0, 0, 1]])  # x runs to the left
SHAPE = (61, 71, 56)


@pytest.fixture
def study():
    """A grid of 4 mm, off the centres of the fine one, and a brain."""
    grid = Grid((29, 34, 27), np.array([[4.0, 0, 0, -57], [0, 4, 0, -67], [0, 0, 4, -49], [0, 0, 0, 1]]), "MNI152")
    return grid, (grid.coordinates() ** 2).sum(axis=0) < 45**2


@pytest.fixture
def z_map(rng):
    """A smooth z map with clusters above 3.1."""
    noise = gaussian_filter(rng.normal(size=SHAPE), 4)
    return (noise / noise.std() * 2).astype(np.float32)


def save(data, path):
    image = nib.Nifti1Image(data.astype(np.float32), FINE)
    image.set_sform(FINE, code=4)
    nib.save(image, path)
    return path


def literal_support(mask, grid, indices):
    """Trilinear interpolation of a mask at some voxels of the grid, one by one, cut at one half."""
    found = []
    back = np.linalg.inv(FINE)
    for index in indices:
        place = (back @ grid.affine @ [*index, 1])[:3]
        corner = np.floor(place).astype(int)
        total = 0.0
        for step in np.ndindex(2, 2, 2):
            voxel = corner + step
            if (voxel >= 0).all() and (voxel < mask.shape).all():
                total += np.prod(1 - np.abs(place - voxel)) * mask[tuple(voxel)]
        found.append(total >= 0.5)
    return found


@pytest.mark.parametrize("kind", ["cut", "binary"])
def test_a_thresholded_map_keeps_the_mask_that_it_has(study, z_map, tmp_path, kind):
    grid, brain = study
    above = z_map > 3.1
    data, note = read_on_grid(save(above * (z_map if kind == "cut" else 1), tmp_path / "map.nii.gz"), grid, brain)
    found = brain & (data >= (3.1 if kind == "cut" else 1))
    some = np.argwhere(brain)[::7]
    np.testing.assert_array_equal(found[tuple(some.T)], literal_support(above, grid, some))
    x, y, z = np.meshgrid(*(np.arange(n) for n in SHAPE), indexing="ij")
    places = nib.affines.apply_affine(FINE, np.stack([x, y, z], axis=-1))
    there = above & ((places**2).sum(axis=-1) < 45**2)
    assert 0.93 < 64 * found.sum() / (8 * there.sum()) < 1.07
    assert "Thresholded before: 0 in 9" in note
    assert "its support is resampled from (61, 71, 56) as a mask" in note.replace("Its", "its")


def test_maps_that_were_not_cut_are_resampled_linearly(study, z_map, tmp_path):
    grid, brain = study
    rectified = np.maximum(z_map, 0)
    _, note = read_on_grid(save(rectified, tmp_path / "map.nii.gz"), grid, brain)
    assert "Resampled linearly" in note


def test_what_falls_off_to_0_was_not_thresholded(z_map):
    assert is_thresholded(np.where(z_map > 3.1, z_map, 0))
    assert is_thresholded(np.where(np.abs(z_map) > 3.1, z_map, 0))
    assert is_thresholded((z_map > 3.1).astype(np.float32))
    assert not is_thresholded(z_map)
    assert not is_thresholded(np.maximum(z_map - 3.1, 0))
    spheres = gaussian_filter((z_map > 5).astype(np.float32), 2, truncate=2)  # as in an ALE map, kernels that end
    assert not is_thresholded(spheres)


def test_an_image_without_orientation_can_be_put_on_the_grid_by_statement(tmp_path, grid, brain, rng):
    data = rng.normal(size=grid.shape).astype(np.float32)
    image = nib.Nifti1Image(data, None)
    image.header["sform_code"] = image.header["qform_code"] = 0
    nib.save(image, tmp_path / "map.nii")
    with pytest.raises(UserError, match="its orientation is unknown"):
        read_on_grid(tmp_path / "map.nii", grid, brain)
    found, note = read_on_grid(tmp_path / "map.nii", grid, brain, affine="template")
    np.testing.assert_array_equal(found, data)
    assert "says no orientation; taken as voxel by voxel on the study's grid" in note
