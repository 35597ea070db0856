import nibabel as nib
import numpy as np
import pytest
from scipy.ndimage import binary_erosion
from scipy.spatial.transform import Rotation

from relmaps.simulation.warp import Correspondence, deform_scan, displacement_in_scan
from relmaps.space.grid import Grid

INNER = (slice(6, -6),) * 3  # at the border a spline knows less
NO_SHIFT = np.zeros(3)
SHIFT = np.array([0.5, -0.3, 0.2])


def turned(voxel_mm, origin, angles=(0, 0, 0)):
    affine = np.eye(4)
    affine[:3, :3] = Rotation.from_euler("xyz", angles, degrees=True).as_matrix() @ np.diag(voxel_mm)
    affine[:3, 3] = origin
    return affine


# The anatomy of `head` lies around (10, -4, 6), in the middle of each of these grids.
AFFINES = {
    "straight": turned([3.0, 4, 2.5], [-26, -50, -26]),
    "left-handed": turned([-3.0, 4, 2.5], [49, -50, -26]),
    "oblique": turned([3.0, 4, 2.5], [-22, -48, -38], [12, -8, 15]),
}
SHAPE = (25, 23, 26)


def head(points):
    """A smooth anatomy, in 0..100, at (3, nx, ny, nz) mm: an anisotropic blob and a slope."""
    x, y, z = points
    return 80 * np.exp(-(((x - 10) / 14) ** 2) - ((y + 4) / 20) ** 2 - ((z - 6) / 12) ** 2) + 0.1 * x + 0.05 * z + 10


def scan_on(affine):
    return nib.Nifti1Image(head(Grid(SHAPE, affine, "scan").coordinates()).astype(np.float32), affine)


def coordinates(image):
    return Grid(image.shape, image.affine, "scan").coordinates()


def shown(points, scan):
    """The anatomy at the points, but no brighter than the scan, whose voxels may miss its summit."""
    return np.minimum(head(points), scan.get_fdata().max())


def constant(vector, affine):
    """A displacement by the vector everywhere, on a grid coarser than the scan's."""
    coarse = affine @ np.diag([1.7, 1.6, 1.8, 1])
    return np.broadcast_to(np.reshape(vector, (3, 1, 1, 1)), (3, 14, 14, 14)), Grid((14, 14, 14), coarse, "scan")


def at_voxels(function, grid):
    """(3, nx, ny, nz): a function of a (3,) point in mm at each voxel."""
    field = np.empty((3, *grid.shape))
    for voxel in np.ndindex(grid.shape):
        field[(slice(None), *voxel)] = function((grid.affine @ [*voxel, 1])[:3])
    return field


def test_a_disease_is_carried_into_a_scan_by_the_literal_formula():
    turn = Rotation.from_euler("xyz", [20, -10, 30], degrees=True).as_matrix() @ np.diag([1.1, 0.9, 1.2])
    offset = np.array([4.0, -7, 9])
    bend = np.array([[0.05, 0.02, 0], [-0.03, 0.04, 0.01], [0.02, 0, -0.06]])

    def to_template(p):
        return turn @ p + offset

    def to_scan(q):
        return np.linalg.solve(turn, q - offset)

    def disease(q):
        return bend @ q + [2.0, -1, 1.5]

    # Fields that are linear in mm, so that linear interpolation between their voxels is exact.
    scan = Grid((5, 6, 4), turned([3.0, 4, 5], [-6, -9, -4], [5, 10, -8]), "scan")
    template = Grid((30, 30, 28), turned([4.0, 4, 4], [-52, -62, -46]), "template")
    fields = Grid((22, 20, 26), turned([-6.0, 7, 5], [66, -66, -58]), "template")
    where = Correspondence(
        scan,
        at_voxels(lambda p: to_template(p) - p, scan),
        template,
        at_voxels(lambda q: to_scan(q) - q, template),
    )
    found = displacement_in_scan(where, at_voxels(disease, fields), fields)
    for voxel in np.ndindex(scan.shape):
        p = (scan.affine @ [*voxel, 1])[:3]
        q = to_template(p)
        np.testing.assert_allclose(found[(slice(None), *voxel)], to_scan(q + disease(q)) - p, atol=1e-9)
    assert np.abs(found).max() > 2


def test_nothing_moves_without_a_disease_though_there_and_back_again_is_elsewhere(grid, rng):
    other = Grid((7, 8, 9), turned([9.0, 10, 8], [-30, -50, -25], [3, 2, 1]), "scan")
    there, back = 5 * rng.standard_normal((3, *other.shape)), 5 * rng.standard_normal((3, *grid.shape))
    found = displacement_in_scan(Correspondence(other, there, grid, back), np.zeros((3, *grid.shape)), grid)
    np.testing.assert_array_equal(found, np.zeros((3, *other.shape)))


@pytest.mark.parametrize("name", AFFINES)
def test_a_scan_that_is_not_moved_stays_itself(name, rng):
    scan = nib.Nifti1Image(100 * rng.random(SHAPE, dtype=np.float32), AFFINES[name])
    found = deform_scan(scan, *constant([0, 0, 0], AFFINES[name]), NO_SHIFT, stripped=False)
    np.testing.assert_array_equal(found.affine, scan.affine)
    np.testing.assert_allclose(found.get_fdata(), scan.get_fdata(), atol=1e-3)


@pytest.mark.parametrize("name", AFFINES)
def test_a_grid_that_is_off_by_part_of_a_voxel_shows_the_anatomy_at_its_place(name):
    scan = scan_on(AFFINES[name])
    found = deform_scan(scan, *constant([0, 0, 0], scan.affine), SHIFT, stripped=False)
    np.testing.assert_allclose(found.affine[:3, 3], (scan.affine @ [*SHIFT, 1])[:3])
    expected = shown(coordinates(found), scan)
    np.testing.assert_allclose(found.get_fdata()[INNER], expected[INNER], atol=0.05)
    assert np.abs(found.get_fdata() - scan.get_fdata())[INNER].max() > 5


@pytest.mark.parametrize("vector", [(4.0, 0, 0), (0, 4.0, 0), (0, 0, 4.0), (3.0, -2, 2.5)])
@pytest.mark.parametrize("name", AFFINES)
def test_a_displacement_says_where_a_point_finds_its_tissue(name, vector):
    scan = scan_on(AFFINES[name])
    found = deform_scan(scan, *constant(vector, scan.affine), SHIFT, stripped=False)
    expected = shown(coordinates(found) + np.reshape(vector, (3, 1, 1, 1)), scan)
    np.testing.assert_allclose(found.get_fdata()[INNER], expected[INNER], atol=0.05)


def test_a_blob_moves_against_the_displacement_in_the_world():
    affine = AFFINES["left-handed"]
    points = Grid(SHAPE, affine, "scan").coordinates()
    blob = np.exp(-((points - np.reshape([10, -4, 6], (3, 1, 1, 1))) ** 2).sum(axis=0) / (2 * 6**2))
    found = deform_scan(nib.Nifti1Image(blob.astype(np.float32), affine), *constant([5, 0, -3], affine), SHIFT, False)
    centre = np.average(coordinates(found).reshape(3, -1), axis=1, weights=found.get_fdata().ravel())
    np.testing.assert_allclose(centre, [5, -4, 9], atol=0.1)


def test_a_displacement_that_varies_is_taken_at_the_new_voxel():
    scan = scan_on(AFFINES["oblique"])
    _, grid = constant([0, 0, 0], scan.affine)
    stretch = np.array([[0.10, 0, 0.02], [0, -0.08, 0], [0.03, 0, 0.05]])
    found = deform_scan(scan, at_voxels(lambda p: stretch @ p, grid), grid, SHIFT, stripped=False)
    points = coordinates(found)
    expected = shown(points + np.einsum("ij,j...->i...", stretch, points), scan)
    np.testing.assert_allclose(found.get_fdata()[INNER], expected[INNER], atol=0.05)


def ball(affine):
    """(nx, ny, nz) bool: a brain."""
    points = Grid(SHAPE, affine, "scan").coordinates()
    return ((points - np.reshape([10, -4, 6], (3, 1, 1, 1))) ** 2).sum(axis=0) < 18**2


@pytest.mark.parametrize("name", AFFINES)
def test_a_skull_stripped_brain_does_not_mix_with_the_zeros_around_it(name):
    brain = ball(AFFINES[name])
    scan = nib.Nifti1Image(np.where(brain, 100, 0).astype(np.float32), AFFINES[name])
    found = deform_scan(scan, *constant([2, -3, 1], scan.affine), SHIFT, stripped=True)
    assert set(np.unique(found.get_fdata().round(3))) == {0, 100}
    assert (found.get_fdata() > 0).sum() == pytest.approx(brain.sum(), rel=0.03)


def test_a_skull_stripped_brain_keeps_exact_zeros_around_it_and_its_values_within(rng):
    affine = AFFINES["left-handed"]
    brain = ball(affine)
    data = np.where(brain, 50 + 50 * rng.random(SHAPE), 0).astype(np.float32)
    found = deform_scan(nib.Nifti1Image(data, affine), *constant([0, 0, 0], affine), SHIFT, stripped=True).get_fdata()
    assert (found[~brain] == 0).sum() > 0.97 * (~brain).sum()
    assert (found[binary_erosion(brain)] > 0).all()
    inside = found[found > 0]
    assert data[brain].min() <= inside.min() < inside.max() <= data.max()


def test_values_stay_within_those_of_the_scan(rng):
    scan = nib.Nifti1Image(np.where(rng.random(SHAPE) < 0.3, 1000, -5).astype(np.float32), AFFINES["oblique"])
    found = deform_scan(scan, *constant([1, 1, 1], scan.affine), SHIFT, stripped=False).get_fdata()
    assert found.min() == -5  # splines overshoot at such edges
    assert found.max() == 1000
