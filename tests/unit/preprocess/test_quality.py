import numpy as np
import pytest

from relmaps.preprocess.quality import SURE, estimate_noise, variation

SHAPE = (24, 20, 22)


@pytest.fixture
def white(rng) -> np.ndarray:
    """Probability of white matter: two blocks that are sure, with a rim that is not, and nothing elsewhere."""
    probability = np.zeros(SHAPE, np.float32)
    probability[1:12, 2:18, 2:20] = probability[14:23, 2:18, 2:20] = 0.6
    probability[2:11, 3:17, 3:19] = probability[15:22, 3:17, 3:19] = 0.95
    return probability


def literal_noise(image: np.ndarray, white: np.ndarray) -> float:
    """1.4826 median |difference of right and left| / sqrt(2) / mean: what a Gaussian's standard deviation is."""
    differences, values = [], []
    for x, y, z in np.ndindex(image.shape):
        if white[x, y, z] > SURE:
            values.append(image[x, y, z])
            if x and white[x - 1, y, z] > SURE:
                differences.append(abs(image[x, y, z] - image[x - 1, y, z]))
    return 1.4826 * np.median(differences) / np.sqrt(2) / np.mean(values)


def test_variation_is_the_standard_deviation_of_sure_white_matter_over_its_mean(white, rng):
    image = rng.random(SHAPE) * 100
    values = [image[voxel] for voxel in np.ndindex(SHAPE) if white[voxel] > SURE]
    mean = sum(values) / len(values)
    spread = np.sqrt(sum((value - mean) ** 2 for value in values) / len(values))
    assert variation(image, white) == pytest.approx(spread / mean, abs=1e-4)
    assert variation(3 * image, white) == variation(image, white)


def test_noise_is_that_of_differences_along_x(white, rng):
    image = rng.random(SHAPE) + 0.2 * np.indices(SHAPE)[0]
    assert estimate_noise(image, white) == pytest.approx(literal_noise(image, white), abs=1e-4)


@pytest.mark.parametrize("sigma", [0.01, 0.03, 0.1])
@pytest.mark.parametrize("gain", [1, 400])
def test_known_noise_is_found_relative_to_white_matter(white, rng, sigma, gain):
    image = gain * (1 + sigma * rng.standard_normal(SHAPE))
    assert estimate_noise(image, white) == pytest.approx(sigma, rel=0.1)


def test_borders_and_a_smooth_field_do_not_enter_the_noise(white, rng):
    """Beside white matter lies what is dark, and between two blocks of it there is no pair of neighbours."""
    sigma = 0.02
    flat = 1 + sigma * rng.standard_normal(SHAPE)
    with_borders = np.where(white > SURE, flat, 0.1)
    assert estimate_noise(with_borders, white) == estimate_noise(flat, white)
    x, y, z = np.indices(SHAPE)
    field = np.exp(0.3 * np.sin(x / 24 + y / 20) * np.cos(z / 22))
    assert estimate_noise(with_borders * field, white) == pytest.approx(sigma, rel=0.15)
    assert variation(with_borders * field, white) > 2 * sigma


def test_without_white_matter_there_is_no_measure(rng):
    image = rng.random(SHAPE)
    for white in (np.zeros(SHAPE), np.full(SHAPE, SURE)):
        assert np.isnan(variation(image, white))
        assert np.isnan(estimate_noise(image, white))
    alone = np.zeros(SHAPE)
    alone[::2] = 1  # sheets of one voxel: no pair along x
    assert np.isnan(estimate_noise(image, alone))
    assert variation(image, alone) > 0
