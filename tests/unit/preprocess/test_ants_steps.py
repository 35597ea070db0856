import nibabel as nib
import numpy as np
import pytest

from relmaps.preprocess import ants_steps as steps


def affine_of(image) -> np.ndarray:
    """(4, 4) RAS+ affine of an ANTs image."""
    affine = np.eye(4)
    affine[:3, :3] = steps.LPS @ (np.array(image.direction) * np.array(image.spacing))
    affine[:3, 3] = steps.LPS @ np.array(image.origin)
    return affine


@pytest.fixture
def oblique():
    """An affine with rotation, anisotropic voxels and an offset."""
    turn = np.array([[0.96, -0.28, 0], [0.28, 0.96, 0], [0, 0, 1]])
    affine = np.eye(4)
    affine[:3, :3] = turn @ np.diag([3.0, 4.0, 5.0])
    affine[:3, 3] = [-20, 10, 7]
    return affine


def test_an_image_goes_to_ants_and_back_with_its_affine(oblique, rng):
    data = rng.random((6, 7, 8)).astype(np.float32)
    image = steps.to_ants(nib.Nifti1Image(data, oblique))
    np.testing.assert_allclose(affine_of(image), oblique, atol=1e-5)
    np.testing.assert_array_equal(image.numpy(), data)


def test_ants_sees_the_world_that_nibabel_sees(oblique, tmp_path, rng):
    import ants

    image = nib.Nifti1Image(rng.random((6, 7, 8)).astype(np.float32), oblique)
    nib.save(image, tmp_path / "image.nii.gz")
    read = ants.image_read(str(tmp_path / "image.nii.gz"))
    np.testing.assert_allclose(affine_of(read), affine_of(steps.to_ants(image)), atol=1e-4)
    np.testing.assert_allclose(read.numpy(), steps.to_ants(image).numpy())


def test_volume_ratio_is_scan_volume_per_template_volume(tmp_path):
    """A scan that is 1.2 x 1.1 x 1 times as large as the template has that many times its volume in every voxel."""
    import ants

    template = steps.to_ants(nib.Nifti1Image(np.ones((10, 10, 10), np.float32), np.diag([4.0, 4, 4, 1])))
    affine = ants.create_ants_transform(
        transform_type="AffineTransform", dimension=3, matrix=np.diag([1.2, 1.1, 1.0]), translation=(0, 0, 0)
    )
    ants.write_transform(affine, str(tmp_path / "affine.mat"))
    still = np.zeros((10, 10, 10, 3), np.float32)
    warp = ants.from_numpy(
        still, spacing=template.spacing, origin=template.origin, direction=template.direction, has_components=True
    )
    ants.image_write(warp, str(tmp_path / "1Warp.nii.gz"))
    ratio, nonlinear = steps.volume_ratio(template, [str(tmp_path / "1Warp.nii.gz"), str(tmp_path / "affine.mat")])
    np.testing.assert_allclose(ratio, 1.32, rtol=1e-5)
    np.testing.assert_allclose(nonlinear, 1, rtol=1e-5)


def test_scratch_folder_takes_temporary_files_and_is_removed():
    import tempfile
    from pathlib import Path

    with steps.scratch_folder() as folder:
        name = tempfile.mkstemp()[1]
        assert Path(name).parent == folder
    assert not folder.exists()
    assert Path(tempfile.mkdtemp()).parent != folder
