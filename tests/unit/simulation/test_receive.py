import numpy as np
import pytest

from relmaps.simulation.receive import bias_field, coil_shading, ring, with_rician_noise

AFFINE = np.diag([4.0, 4, 4, 1])
AFFINE[:3, 3] = [-60, -80, -260]
SHAPE = (31, 41, 91)


class NoGain:
    """A generator that draws a coil without bright elements."""

    def random(self):
        return 1.0


def test_shading_falls_below_the_coil_and_is_one_above_it():
    shading = coil_shading(SHAPE, AFFINE, np.zeros(3), 0.7, NoGain())
    z = AFFINE[2, 3] + 4 * np.arange(SHAPE[2])
    np.testing.assert_allclose(shading[:, :, z >= 0], 1)
    assert (np.diff(shading, axis=2)[:, :, z[1:] <= 0] > 0).all()
    assert 0.3 < shading[0, 0, z == -240] < 0.4
    assert shading[0, 0, z == -60] > 0.85, "the brain lies in the coil"


def test_shading_near_the_elements_is_brighter_in_some_scans():
    drawn = [coil_shading(SHAPE, AFFINE, np.zeros(3), 0.7, np.random.default_rng(n)) for n in range(20)]
    brighter = [shading[0, 20, -1] > shading[15, 20, -1] for shading in drawn]
    assert 0 < np.mean(brighter) < 1


def test_shading_follows_the_scanner_not_the_voxels():
    turned = AFFINE[[0, 2, 1, 3]]  # voxels along the scanner's y run up
    shading = coil_shading(SHAPE, turned, np.zeros(3), 0.7, NoGain())
    assert np.ptp(shading, axis=2).max() == 0
    assert np.ptp(shading, axis=1).max() > 0


@pytest.mark.parametrize("shape", [(16, 17, 18), (21, 16, 16)])
def test_ringing_keeps_the_mean_of_every_slice_and_leaves_slices_apart(shape, rng):
    image = rng.random(shape).astype(np.float32)
    for slices in range(3):
        rung = ring(image, slices, 0.5)
        axes = tuple({0, 1, 2} - {slices})
        np.testing.assert_allclose(rung.mean(axis=axes), image.mean(axis=axes), rtol=1e-5)
        assert abs(rung - image).max() > 0.01
        assert rung.dtype == np.float32
    np.testing.assert_array_equal(ring(image, 2, 0.0), image)


def test_ringing_overshoots_at_an_edge_by_little():
    image = np.zeros((32, 32, 4), np.float32)
    image[8:24, 8:24] = 1
    rung = ring(image, 2, 0.3)
    assert 1.005 < rung.max() < 1.2
    assert -0.1 < rung.min() < -0.001


@pytest.mark.parametrize("side", [1.0, 4.0])
def test_a_bias_field_is_smooth_and_as_strong_as_wanted(side, rng):
    sides = np.array([2 * side, side, side])
    shape = tuple(int(n) for n in (160 / sides).astype(int))
    field = np.log(bias_field(shape, sides, 0.2, rng))
    assert field.shape == shape
    assert field.std() == pytest.approx(0.2, rel=0.1)
    for axis in range(3):
        assert abs(np.diff(field, axis=axis)).max() / sides[axis] < 0.05


def test_rician_noise_is_the_magnitude_of_two_channels():
    image = np.linspace(0, 1, 24).reshape(2, 3, 4)
    found = with_rician_noise(image.copy(), 0.1, np.random.default_rng(1))
    rng = np.random.default_rng(1)
    real, imaginary = image + 0.1 * rng.standard_normal(image.shape), 0.1 * rng.standard_normal(image.shape)
    np.testing.assert_allclose(found, np.sqrt(real**2 + imaginary**2))
