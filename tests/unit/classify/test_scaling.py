import numpy as np
import pytest

from relmaps.classify.scaling import SMALLEST_SHARE, Scaling, fit_scaling


@pytest.fixture
def images(rng):
    return (rng.normal(size=(8, 3, 4, 5)) * np.linspace(1, 2, 5) + 7).astype(np.float32)


def test_training_part_gets_mean_zero_and_deviation_one(images):
    train = np.array([0, 2, 3, 5, 7])
    scaled = fit_scaling(images, train).apply(images[train])
    assert scaled.dtype == np.float32
    np.testing.assert_allclose(scaled.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(scaled.std(axis=0), 1, atol=1e-5)


def test_other_subjects_have_no_influence(images):
    train = np.array([0, 1, 2, 3])
    before = fit_scaling(images, train)
    images[4:] = 1e6
    after = fit_scaling(images, train)
    np.testing.assert_array_equal(before.mean, after.mean)
    np.testing.assert_array_equal(before.scale, after.scale)


def test_constant_voxels_get_scale_one_and_become_zero(images):
    images[:, 1] = 0.1
    scaling = fit_scaling(images, np.arange(6))
    np.testing.assert_array_equal(scaling.scale[1], 1)
    np.testing.assert_allclose(scaling.apply(images)[:, 1], 0, atol=1e-7)


def test_voxels_that_hardly_vary_are_not_blown_up(images):
    images[:, 0, 0, 0] = 0.001 * images[:, 0, 0, 1]
    deviation = images.astype(float).std(axis=0)
    expected = SMALLEST_SHARE * np.sqrt(np.mean(deviation**2))
    assert fit_scaling(images, np.arange(8)).scale[0, 0, 0] == pytest.approx(expected, rel=1e-6)


def test_images_without_any_variation_pass(images):
    images[:] = 3
    np.testing.assert_array_equal(fit_scaling(images, np.arange(8)).scale, 1)


def test_one_image_is_scaled_like_a_stack(images):
    scaling = Scaling(np.float32(2) + np.zeros((3, 4, 5), np.float32), np.full((3, 4, 5), 4, np.float32))
    np.testing.assert_array_equal(scaling.apply(images[2]), scaling.apply(images)[2])
    np.testing.assert_allclose(scaling.apply(images), (images - 2) / 4, rtol=1e-6)
