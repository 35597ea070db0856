import nibabel as nib
import numpy as np
import pytest
from scipy.ndimage import gaussian_filter, map_coordinates

from relmaps.preprocess import ants_steps as steps
from relmaps.simulation.deformation import exponential, random_velocity

pytestmark = pytest.mark.slow


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


def compute_world(image) -> np.ndarray:
    """(3, nx, ny, nz) mm, RAS+, of an ANTs image's voxels."""
    affine = affine_of(image)
    indices = np.indices(image.shape, dtype=float)
    return np.einsum("ij,j...->i...", affine[:3, :3], indices) + affine[:3, 3, None, None, None]


def ramp(world: np.ndarray) -> np.ndarray:
    return 100 + np.einsum("i,i...->...", [1.0, -0.5, 0.25], world)


INSIDE = (slice(3, -3),) * 3  # away from faces, where averages have no voxels on one side


@pytest.mark.parametrize("voxel_mm", [4.5, 6.0, 8.0])
def test_a_coarser_image_keeps_its_place_and_its_local_mean(oblique, voxel_mm):
    """A ramp is its own average: at each new voxel stands its value at that voxel's place in the world."""
    fine = steps.to_ants(nib.Nifti1Image(np.zeros((40, 36, 32), np.float32), oblique))
    fine = steps.to_ants(nib.Nifti1Image(ramp(compute_world(fine)).astype(np.float32), oblique))
    coarse = steps.coarsen(fine, voxel_mm)
    np.testing.assert_allclose(coarse.spacing, voxel_mm)
    expected = ramp(compute_world(coarse))
    np.testing.assert_allclose(coarse.numpy()[INSIDE], expected[INSIDE], atol=0.05)
    covered = np.array(coarse.shape) * voxel_mm
    np.testing.assert_allclose(covered, np.array(fine.shape) * fine.spacing, atol=voxel_mm)


def test_a_coarser_image_is_averaged_against_aliasing(rng):
    noise = steps.to_ants(
        nib.Nifti1Image(rng.standard_normal((32, 32, 32)).astype(np.float32), np.diag([2.0, 2, 2, 1]))
    )
    assert steps.coarsen(noise, 6).numpy()[INSIDE].std() < 0.35


@pytest.mark.parametrize("voxel_mm", [1, 2.9, 3, 3.02])
def test_an_image_that_is_as_coarse_already_stays_itself(oblique, voxel_mm):
    image = steps.to_ants(nib.Nifti1Image(np.ones((6, 7, 8), np.float32), oblique))
    assert steps.coarsen(image, voxel_mm) is image


@pytest.mark.parametrize(("margin_mm", "n_voxels"), [(0.5, 1), (2, 1), (4, 2), (5, 2), (8, 4)])
def test_a_mask_is_dilated_by_its_margin_in_every_direction(margin_mm, n_voxels):
    data = np.zeros((15, 16, 17), np.float32)
    data[7, 8, 8], data[2, 2, 2] = 0.8, 0.5
    dilated = steps.dilate(steps.to_ants(nib.Nifti1Image(data, np.diag([2.0, 2, 2, 1]))), margin_mm).numpy()
    assert set(np.unique(dilated)) == {0, 1}
    for axis in range(3):
        line = [7, 8, 8]
        line[axis] = slice(None)
        (around,) = np.nonzero(dilated[tuple(line)])
        centre = (7, 8, 8)[axis]
        assert around.tolist() == list(range(centre - n_voxels, centre + n_voxels + 1))
    assert dilated.sum() == dilated[7 - n_voxels : 8 + n_voxels].sum(), "what is not above one half does not count"


def test_the_result_of_a_comparison_is_dilated_like_floats(rng, oblique):
    """ITK makes something else of the bytes that a comparison gives."""
    data = gaussian_filter(rng.standard_normal((20, 22, 24)), 2).astype(np.float32)
    image = steps.to_ants(nib.Nifti1Image(data, oblique))
    compared = image > float(np.percentile(data, 90))
    expected = steps.dilate(steps.to_ants(nib.Nifti1Image(compared.numpy().astype(np.float32), oblique)), 6).numpy()
    np.testing.assert_array_equal(steps.dilate(compared, 6).numpy(), expected)
    assert data.size / 2 > expected.sum() > 1.2 * compared.numpy().sum() > 0


@pytest.fixture
def tissue(rng):
    """A brain of 4 mm voxels: radius (1 at its surface), and intensities of fluid, grey and white matter with noise."""
    shape = (40, 48, 40)
    radius = np.linalg.norm((np.indices(shape).T - [19, 24, 20]) / [17, 21, 16], axis=-1).T
    values = np.select([radius < 0.25, radius < 0.75, radius < 0.95], [300.0, 1000.0, 700.0], 300.0)
    return radius, (values + 20 * rng.standard_normal(shape)) * (radius < 1)


def corrected(data: np.ndarray, mask: np.ndarray, voxel_mm: float = 4) -> np.ndarray:
    affine = nib.affines.from_matvec(nib.eulerangles.euler2mat(0.1, 0.2, 0) * voxel_mm, [-70, -90, -80])
    image, mask = (steps.to_ants(nib.Nifti1Image(part.astype(np.float32), affine)) for part in (data, mask))
    return steps.correct_bias(image, mask).numpy()


def test_a_smooth_bias_field_is_flattened(tissue):
    radius, clean = tissue
    x, y, z = np.indices(radius.shape)
    field = np.exp(0.03 * (x - 19) + 0.4 * np.cos((y + z) / 16))
    data = clean * field
    white = (radius > 0.25) & (radius < 0.75)
    before = data[white].std() / data[white].mean()
    after = corrected(data, radius < 1)[white]
    assert before > 0.15
    assert after.std() / after.mean() < before / 3


def test_in_a_tight_box_tissue_is_not_taken_for_a_field(rng):
    """Alternating blocks of grey and white matter, 64 mm in all, and no field."""
    x, y, z = np.sin(np.indices((32, 32, 32)) * 2 / 9)
    data = np.where(x * y * z > 0, 1000.0, 700.0) + 20 * rng.standard_normal((32, 32, 32))
    field = data / corrected(data, np.ones(data.shape), voxel_mm=2)
    assert field.std() / field.mean() < 0.016


def test_the_cut_edge_of_a_skull_stripped_brain_does_not_blow_up(tissue, rng):
    """Its rim is mixed with zeros, of whose logarithm the spline would make a hole that it corrects by any factor."""
    radius, clean = tissue
    rim = (radius > 0.85) & (radius < 1)
    data = np.where(rim, rng.choice([1e-3, 0.5, 20], radius.shape), clean)
    after = corrected(data, radius < 1)
    assert np.isfinite(after).all()
    assert after.max() <= 3 * data.max()
    white = (radius > 0.25) & (radius < 0.75)
    assert after[white].std() / after[white].mean() < 0.1
    # N4 keeps the mean of the logarithms: with the rim in it, white matter falls to less than a third.
    assert after[white].mean() == pytest.approx(data[white].mean(), rel=0.4)


def test_an_image_of_zeros_in_the_mask_is_corrected_without_an_error(tissue):
    radius, clean = tissue
    after = corrected(np.where(radius < 0.5, 0, clean), radius < 0.5)
    assert np.isfinite(after).all()


SHAPE, FIXED_MM = (24, 26, 22), 4.0
TURN = nib.eulerangles.euler2mat(0.2, -0.1, 0.15)


@pytest.fixture
def fixed():
    affine = np.diag([FIXED_MM, FIXED_MM, FIXED_MM, 1])
    affine[:3, 3] = [-45, -60, -38]
    return steps.to_ants(nib.Nifti1Image(np.ones(SHAPE, np.float32), affine))


@pytest.fixture
def moving(oblique):
    """On a grid of its own, which is oblique and holds all of `fixed`."""
    affine = oblique.copy()
    affine[:3, 3] = nib.affines.apply_affine(oblique, [-12, -20, -10]) - np.array([20, 10, 7])
    return steps.to_ants(nib.Nifti1Image(np.ones((56, 48, 36), np.float32), affine))


def written_affine(matrix: np.ndarray, shift_mm: list[float], path) -> str:
    """Path of an ITK transform that takes p to matrix p + shift, both in RAS+."""
    import ants

    transform = ants.create_ants_transform(
        transform_type="AffineTransform",
        dimension=3,
        matrix=steps.LPS @ matrix @ steps.LPS,
        translation=steps.LPS @ shift_mm,
    )
    ants.write_transform(transform, str(path))
    return str(path)


def written_warp(displacement: np.ndarray, like, path) -> str:
    """Path of an ITK warp from (3, nx, ny, nz) mm, RAS+, on the grid of an image."""
    import ants

    lps = np.moveaxis(np.einsum("ij,j...->i...", steps.LPS, displacement), 0, -1)
    image = ants.from_numpy(
        np.ascontiguousarray(lps, np.float32),
        spacing=like.spacing,
        origin=like.origin,
        direction=like.direction,
        has_components=True,
    )
    ants.image_write(image, str(path))
    return str(path)


def test_volume_ratio_of_a_warp_that_is_coarser_than_the_template(fixed, tmp_path):
    """A warp that stretches x by a tenth, shrinks y by a twentieth, and stretches z the more the higher it lies."""
    coarse = steps.coarsen(fixed, 8)
    stretch = [lambda x: 0.1 * x, lambda y: -0.05 * y, lambda z: 0.001 * z**2]
    displacement = np.stack([part(axis) for part, axis in zip(stretch, compute_world(coarse), strict=True)])
    warp = written_warp(displacement, coarse, tmp_path / "1Warp.nii.gz")
    affine = written_affine(TURN @ np.diag([1.2, 1.1, 0.9]), [3, 4, 5], tmp_path / "affine.mat")
    ratio, nonlinear = steps.volume_ratio(fixed, [warp, affine])
    assert ratio.shape == nonlinear.shape == SHAPE
    expected = 1.1 * 0.95 * (1 + 0.002 * compute_world(fixed)[2])
    deep = (slice(6, -6),) * 3  # of the coarse grid's voxels, too, the outermost have no neighbour on one side
    np.testing.assert_allclose(nonlinear[deep], expected[deep], rtol=5e-3)
    np.testing.assert_allclose(ratio, nonlinear * 1.2 * 1.1 * 0.9, rtol=1e-5)
    margin = (slice(2, -2),) * 3  # 8 mm, as there are around the template's brain
    assert nonlinear[margin].min() > 0, "the coarse grid reaches as far as the brain"


def test_displacements_of_an_affine_point_where_each_voxel_goes(fixed, moving, tmp_path):
    matrix, shift = TURN @ np.diag([1.1, 0.95, 1.05]), np.array([12.0, -7.0, 5.0])
    affine = written_affine(matrix, shift, tmp_path / "affine.mat")
    there, back = steps.displacements(fixed, moving, [affine], tmp_path)
    assert there.shape == (3, *fixed.shape)
    assert back.shape == (3, *moving.shape)
    for voxel in [(0, 0, 0), (23, 1, 2), (5, 25, 21), (12, 13, 11)]:
        place = nib.affines.apply_affine(affine_of(fixed), voxel)
        np.testing.assert_allclose(place + there[:, *voxel], matrix @ place + shift, atol=1e-3)
    for voxel in [(0, 0, 0), (55, 3, 4), (20, 30, 35)]:
        place = nib.affines.apply_affine(affine_of(moving), voxel)
        np.testing.assert_allclose(place + back[:, *voxel], np.linalg.inv(matrix) @ (place - shift), atol=1e-3)


@pytest.fixture
def registered(fixed, tmp_path, rng):
    """[warp, affine] as a registration leaves them, and the warp as (3, nx, ny, nz) mm, RAS+."""
    velocity = random_velocity(SHAPE, FIXED_MM, 3.0, 40.0, rng)
    warps = {name: exponential(sign * velocity, FIXED_MM) for name, sign in (("1Warp", 1), ("1InverseWarp", -1))}
    paths = [written_warp(warp, fixed, tmp_path / f"{name}.nii.gz") for name, warp in warps.items()]
    affine = written_affine(TURN @ np.diag([1.1, 0.95, 1.05]), [6, -4, 5], tmp_path / "affine.mat")
    return [paths[0], affine], warps["1Warp"]


def test_displacements_of_a_warp_and_an_affine_are_the_warp_first(fixed, moving, registered, tmp_path):
    transforms, warp = registered
    there, _ = steps.displacements(fixed, moving, transforms, tmp_path)
    world = compute_world(fixed)
    warped = world + warp
    expected = np.einsum("ij,j...->i...", TURN @ np.diag([1.1, 0.95, 1.05]), warped)
    expected += np.array([6, -4, 5])[:, None, None, None] - world
    np.testing.assert_allclose(there, expected, atol=1e-3)
    assert abs(warp).max() > 3, "and it matters"


def test_there_and_back_again_is_where_one_began(fixed, moving, registered, tmp_path):
    transforms, _ = registered
    there, back = steps.displacements(fixed, moving, transforms, tmp_path)
    world = compute_world(fixed)[:, *INSIDE]
    moved = (world + there[:, *INSIDE]).reshape(3, -1)
    indices = nib.affines.apply_affine(np.linalg.inv(affine_of(moving)), moved.T).T
    assert ((indices.min(axis=1) > 0) & (indices.max(axis=1) < np.array(moving.shape) - 1)).all()
    returned = moved + np.stack([map_coordinates(part, indices, order=1) for part in back])
    np.testing.assert_allclose(returned, world.reshape(3, -1), atol=0.3)


def test_an_image_is_found_where_its_displacement_points(fixed, moving, registered, tmp_path):
    """Resampled by ANTs or by hand, the moving image is the same in the space of `fixed`."""
    transforms, _ = registered
    x, y, z = compute_world(moving)
    data = 10 + np.sin(x / 17) + np.cos(y / 13) * np.sin(z / 15)
    image = steps.to_ants(nib.Nifti1Image(data.astype(np.float32), affine_of(moving)))
    there, _ = steps.displacements(fixed, image, transforms, tmp_path)
    places = np.moveaxis(compute_world(fixed) + there, 0, -1)
    indices = np.moveaxis(nib.affines.apply_affine(np.linalg.inv(affine_of(moving)), places), -1, 0)
    expected = map_coordinates(data, indices, order=1)
    np.testing.assert_allclose(steps.warp_to(fixed, image, transforms).numpy()[INSIDE], expected[INSIDE], atol=1e-3)
