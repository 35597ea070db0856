import numpy as np
import pytest

from relmaps.simulation.phantom import NECK_VOXELS
from relmaps.simulation.shapes import Ellipsoid, Tube, coverage, mirrored, paint
from relmaps.space.grid import Grid

pytestmark = pytest.mark.slow

WINDOW = tuple(slice(before, -after or None) for before, after in NECK_VOXELS)


def tissue_at(phantom, place):
    """Name of the commonest tissue at a place in mm, None for air."""
    at = tuple(np.rint((np.array(place) - phantom.grid.affine[:3, 3]) / phantom.grid.voxel_mm).astype(int))
    name = max(phantom.tissues, key=lambda name: phantom.tissues[name][at])
    return name if phantom.tissues[name][at] > 0.5 else None


def test_the_brain_is_that_of_the_head_without_a_neck(phantom, necked):
    for name in ("gm", "wm"):
        np.testing.assert_array_equal(necked.tissues[name][WINDOW], phantom.tissues[name])
        assert np.count_nonzero(necked.tissues[name]) == np.count_nonzero(phantom.tissues[name]), "none outside"
        np.testing.assert_array_equal(necked.field.fractions[name], phantom.field.fractions[name])
    np.testing.assert_array_equal(necked.brain[WINDOW], phantom.brain)
    inside = phantom.brain >= 1
    np.testing.assert_array_equal(necked.tissues["csf"][WINDOW][inside], phantom.tissues["csf"][inside])
    np.testing.assert_array_equal(necked.field.fractions["csf"], phantom.field.fractions["csf"])
    np.testing.assert_allclose(necked.centre, phantom.centre)


def test_tissues_with_a_neck_are_fractions(necked):
    total = sum(necked.tissues.values())
    assert all(part.min() >= -1e-6 for part in necked.tissues.values())
    assert all(part.dtype == np.float32 for part in necked.tissues.values())
    assert total.max() <= 1 + 1e-5


@pytest.mark.parametrize(
    ("place", "tissue"),
    [
        ((32, 67, -46), "vitreous"),
        ((-32, 67, -46), "vitreous"),
        ((30, 48, -50), "fat"),  # behind the eye
        ((0, -47, -90), "cord"),
        ((0, -33, -113), "marrow"),  # a vertebra
        ((0, 2, -120), None),  # pharynx
        ((30, 60, -78), None),  # maxillary sinus
        ((0, 46, -116), "muscle"),  # tongue
        ((0, -90, -140), "fat"),  # nape
        ((130, -72, -246), "muscle"),  # shoulder
        ((0, 130, 0), None),
    ],
)
def test_the_head_has_its_parts_in_their_places(necked, place, tissue):
    assert tissue_at(necked, place) == tissue


def test_air_surrounds_the_head_but_for_the_body_below(necked):
    total = sum(necked.tissues.values())
    assert total[:, :, -1].max() == total[:, -1].max() == total[:, 0].max() == 0
    assert total[0, :, 60:].max() == 0


def test_an_ellipsoid_and_a_tube_have_the_volume_of_their_formulas():
    grid = Grid((40, 44, 50), np.array([[2.0, 0, 0, -40], [0, 2, 0, -44], [0, 0, 2, -50], [0, 0, 0, 1]]), "test")
    for shape, volume in (
        (Ellipsoid((1, 2, 3), (20, 12, 9)), 4 / 3 * np.pi * 20 * 12 * 9),
        (Tube(((0, 0, -30), (0, 0, 30)), (10, 10)), np.pi * 100 * 60 + 4 / 3 * np.pi * 1000),
        (Ellipsoid((39, 0, 0), (20, 20, 20)), 2 / 3 * np.pi * 20**3),  # half of it lies outside
    ):
        tissues = {"a": np.ones(grid.shape, np.float32), "b": np.zeros(grid.shape, np.float32)}
        paint(tissues, grid, "b", shape)
        assert tissues["b"].sum() * 8 == pytest.approx(volume, rel=0.06)
        np.testing.assert_allclose(tissues["a"] + tissues["b"], 1, atol=1e-5)
    paint(tissues, grid, None, Ellipsoid((0, 0, 0), (8, 8, 8)))
    assert tissues["a"][20, 22, 25] == tissues["b"][20, 22, 25] == 0
    paint(tissues, grid, "b", Ellipsoid((0, 0, 500), (8, 8, 8)))  # outside, and nothing happens


def test_a_mirrored_shape_lies_on_the_other_side():
    assert mirrored(Ellipsoid((3, 1, 2), (4, 5, 6))) == Ellipsoid((-3, 1, 2), (4, 5, 6))
    assert mirrored(Tube(((1, 2, 3), (4, 5, 6)), (1, 2))).points == ((-1, 2, 3), (-4, 5, 6))


def test_coverage_goes_from_one_to_zero_over_a_voxel():
    np.testing.assert_allclose(coverage(np.array([-3.0, -1, 0, 0.5, 1, 3], np.float32), 2), [1, 1, 0.5, 0.25, 0, 0])
