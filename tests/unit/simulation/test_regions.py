import nibabel as nib
import numpy as np
import pytest

from relmaps.io.errors import UserError
from relmaps.simulation.regions import compute_losses
from relmaps.space.grid import Grid
from tests.diseases import in_ellipsoids

OTHERS = {  # affines of maps on grids of their own, over the box of the tests' grid
    "as the study": np.array([[3.0, 0, 0, -60], [0, 4, 0, -80], [0, 0, 3, -50], [0, 0, 0, 1]]),
    "left-handed": np.array([[-3.0, 0, 0, 60], [0, 4, 0, -80], [0, 0, 3, -50], [0, 0, 0, 1]]),
    "axes swapped": np.array([[0, 0, 3.0, -60], [0, -4, 0, 76], [3, 0, 0, -50], [0, 0, 0, 1]]),
    "oblique": np.array([[-2.9, 0.7, 0, 50], [0.6, 3.9, 0.3, -100], [0, -0.4, 3, -35], [0, 0, 0, 1]]),
}
AT = (20.0, -10, 5)


@pytest.fixture
def foci(tmp_path):
    """A Sleuth file with an experiment for each list of foci."""

    def write(*experiments, space="MNI"):
        lines = [f"//Reference={space}"]
        for number, places in enumerate(experiments):
            lines += [f"//Study {number}", "//Subjects=20", *(" ".join(map(str, place)) for place in places)]
        (tmp_path / "foci.txt").write_text("\n".join(lines))
        return str(tmp_path / "foci.txt")

    return write


@pytest.fixture
def nifti(tmp_path):
    """A map of a function of (3, nx, ny, nz) mm."""

    def write(function, affine=OTHERS["as the study"], shape=(41, 41, 41)):
        data = function(Grid(shape, affine, "map").coordinates()).astype(np.float32)
        nib.save(nib.Nifti1Image(data, affine), tmp_path / "loss.nii.gz")
        return str(tmp_path / "loss.nii.gz")

    return write


def losses(source, path, grid, fwhm_mm=16.0):
    return compute_losses({"source": source, "path": path, "fwhm_mm": fwhm_mm, "ellipsoids": []}, grid)


def blob(at, height=1.0):
    return lambda points: height * np.exp(-((points - np.reshape(at, (3, 1, 1, 1))) ** 2).sum(axis=0) / (2 * 12**2))


def test_ellipsoids_equal_the_literal_formula_on_either_side(grid):
    regions = [
        {"centre": [18, -10, 4], "radii": [9, 16, 8], "loss": 1.0},
        {"centre": [10, 4, 0], "radii": [14, 10, 9], "loss": 0.6},
    ]
    for side, found in zip((-1, 1), compute_losses(in_ellipsoids(regions), grid), strict=True):
        for voxel in np.ndindex(grid.shape):
            x, y, z, _ = grid.affine @ [*voxel, 1]
            expected = 0
            for region in regions:
                (a, b, c), (ra, rb, rc) = region["centre"], region["radii"]
                radius = np.sqrt(((x - side * a) / ra) ** 2 + ((y - b) / rb) ** 2 + ((z - c) / rc) ** 2)
                t = (1.5 - radius) / 0.5
                share = 1 if radius <= 1 else 0 if radius >= 1.5 else 3 * t**2 - 2 * t**3
                expected = max(expected, region["loss"] * share)
            assert found[voxel] == pytest.approx(expected, abs=1e-12)


def test_ellipsoids_of_the_left_mirror_those_of_the_right():
    affine = np.array([[8.0, 0, 0, -36], [0, 9, 0, -52], [0, 0, 7, -20], [0, 0, 0, 1]])  # symmetric about the midline
    region = {"centre": [5, -16, 2], "radii": [12, 18, 9], "loss": 0.8}
    left, right = compute_losses(in_ellipsoids([region]), Grid((10, 11, 8), affine, "MNI152NLin2009aSym"))
    assert right.max() == 0.8
    np.testing.assert_array_equal(left, right[::-1])
    assert (left * right).any(), "a region that crosses the midline is lost on both sides"


def test_a_focus_takes_half_at_half_of_its_width(grid, foci):
    _, right = losses("foci", foci([(7, -16, -13)]), grid, fwhm_mm=16)
    assert right[5, 4, 1] == 1
    assert right[6, 4, 1] == pytest.approx(0.5)  # 8 mm to the right
    _, right = losses("foci", foci([(7, -16, -13)]), grid, fwhm_mm=18)
    assert right[5, 5, 1] == pytest.approx(0.5)  # 9 mm to the front


def test_of_several_foci_the_nearest_counts_and_not_the_sum(grid, foci):
    path = foci([(7, -16, -13), (23, -16, -13)], [(7, -16, -13)])
    left, right = losses("foci", path, grid)
    assert right[6, 4, 1] == pytest.approx(0.5)  # 8 mm from either
    for voxel in np.ndindex(grid.shape):
        at = (grid.affine @ [*voxel, 1])[:3]
        nearest = min(np.linalg.norm(at - focus) for focus in ([7, -16, -13], [23, -16, -13]))
        assert left[voxel] + right[voxel] == pytest.approx(0.5 ** ((nearest / 8) ** 2))


def test_a_focus_outside_the_box_has_no_part(grid, foci):
    """Its tail inside must not be scaled up to the whole disease."""
    inside, outside = (7, -16, -13), (60, -16, -13)  # the box ends at 31 mm
    for side, alone in zip(
        losses("foci", foci([inside, outside]), grid), losses("foci", foci([inside]), grid), strict=True
    ):
        np.testing.assert_array_equal(side, alone)
    with pytest.raises(UserError, match="no loss lies inside"):
        losses("foci", foci([outside]), grid)


def test_foci_and_maps_are_cut_at_the_midline(grid, foci, nifti):
    x = grid.coordinates()[0]
    for left, right in (losses("foci", foci([(3, -16, -13)]), grid), losses("nifti", nifti(blob((3, -16, -13))), grid)):
        assert (left[x > 0] == 0).all()
        assert (right[x < 0] == 0).all()
        assert left.max() > 0.5
        assert right.max() > 0.5


def test_foci_in_talairach_space_are_refused(grid, foci):
    path = foci([(7, -16, -13)], space="Talairach")
    with pytest.raises(UserError, match=r"foci.txt: its foci are in Talairach space; give them in MNI space"):
        losses("foci", path, grid)


@pytest.mark.parametrize("name", OTHERS)
def test_a_map_on_a_grid_of_its_own_keeps_its_place(name, grid, nifti):
    left, right = losses("nifti", nifti(blob(AT), OTHERS[name]), grid)
    expected = blob(AT)(grid.coordinates())
    np.testing.assert_allclose(left + right, expected / expected.max(), atol=0.03)
    assert right.max() == 1
    assert left.max() < 0.5


def test_a_map_is_no_loss_where_it_is_negative_or_ends(grid, nifti):
    def gain_and_loss(points):
        return blob(AT, 3.0)(points) - blob((-AT[0], *AT[1:]), 5.0)(points)

    left, right = losses("nifti", nifti(gain_and_loss), grid)
    assert left.max() < 0.1
    assert min(left.min(), right.min()) == 0
    affine = np.diag([3.0, 4, 3, 1])  # begins at the origin
    left, right = losses("nifti", nifti(blob(AT), affine), grid)
    outside = (grid.coordinates() <= -4).any(axis=0)
    assert outside.any()
    assert ((left + right)[outside] == 0).all()


def test_a_map_or_focus_without_loss_in_the_box_is_named(grid, foci, nifti):
    far = OTHERS["as the study"].copy()
    far[:3, 3] += 400
    for path in (nifti(blob(AT, -2.0)), nifti(blob((420, 390, 405)), far)):
        with pytest.raises(UserError, match=r"loss.nii.gz: no loss lies inside the template's box"):
            losses("nifti", path, grid)
    with pytest.raises(UserError, match=r"loss.nii.gz: empty, every voxel is 0"):
        losses("nifti", nifti(blob(AT, 0.0)), grid)
    with pytest.raises(UserError, match=r"foci.txt: no loss lies inside the template's box"):
        losses("foci", foci([(140, 140, 140)]), grid, fwhm_mm=4)
    with pytest.raises(UserError, match=r"gone.nii: no such image"):
        losses("nifti", "gone.nii", grid)
