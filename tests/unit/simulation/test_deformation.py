import numpy as np
import pytest
from scipy.ndimage import gaussian_filter, map_coordinates

from relmaps.simulation.deformation import compose, compute_velocity, exponential, jacobian, random_velocity

VOXEL_MM = 4.0


@pytest.fixture
def smooth(rng):
    field = gaussian_filter(rng.standard_normal((20, 24, 18)), 2, mode="wrap")
    return field / np.abs(field).max() * 0.1


def test_velocity_has_the_wanted_divergence(smooth):
    divergence = smooth - smooth.mean()
    velocity = compute_velocity(divergence, VOXEL_MM)
    found = sum(np.gradient(part, VOXEL_MM, axis=axis) for axis, part in enumerate(velocity))
    inner = (slice(1, -1),) * 3
    # Central differences cannot see the highest frequencies, which a smooth field hardly has.
    assert np.abs(found - divergence)[inner].max() < 1e-3 * np.abs(divergence).max()


def test_exponential_of_the_negative_field_is_the_inverse(rng):
    velocity = random_velocity((20, 24, 18), VOXEL_MM, 2.0, 24.0, rng)
    there, back = exponential(velocity, VOXEL_MM), exponential(-velocity, VOXEL_MM)
    inner = (slice(None), *(slice(3, -3),) * 3)
    assert np.abs(compose(back, there, VOXEL_MM)[inner]).max() < 0.2
    assert np.abs(there[inner]).max() > 2


def test_compose_equals_the_literal_formula(rng):
    outer, inner = (
        random_velocity((7, 8, 6), VOXEL_MM, 3.0, 12.0, rng),
        random_velocity((7, 8, 6), VOXEL_MM, 3.0, 12.0, rng),
    )
    found = compose(outer, inner, VOXEL_MM)
    for voxel in [(3, 4, 2), (0, 0, 0), (6, 7, 5)]:
        at = [[voxel[axis] + inner[(axis, *voxel)] / VOXEL_MM] for axis in range(3)]
        expected = [
            inner[(axis, *voxel)] + map_coordinates(outer[axis], at, order=1, mode="nearest")[0] for axis in range(3)
        ]
        np.testing.assert_allclose(found[(slice(None), *voxel)], expected)


def test_jacobian_of_a_stretch_is_its_volume_ratio():
    x, y, z = np.indices((6, 7, 5)) * VOXEL_MM
    np.testing.assert_allclose(jacobian(np.stack([0.1 * x, -0.2 * y, 0.3 * z]), VOXEL_MM), 1.1 * 0.8 * 1.3)


def test_jacobian_of_the_flow_is_what_the_divergence_says():
    # A constant divergence of -0.1 over unit time shrinks volume by exp(-0.1) wherever it stays constant.
    loss = np.zeros((32, 32, 32))
    loss[8:24, 8:24, 8:24] = 0.1
    velocity = compute_velocity(loss.mean() - loss, VOXEL_MM)
    found = jacobian(exponential(velocity, VOXEL_MM), VOXEL_MM)[14:18, 14:18, 14:18]
    np.testing.assert_allclose(found, np.exp(loss.mean() - 0.1), atol=2e-3)


def test_random_velocity_has_the_wanted_length(rng):
    field = random_velocity((20, 24, 18), VOXEL_MM, 1.4, 24.0, rng)
    assert np.sqrt((field**2).sum(axis=0).mean()) == pytest.approx(1.4)
