from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.ndimage import affine_transform, center_of_mass
from scipy.spatial.transform import Rotation

from relmaps.classify.augmentation import Augmentation, Variation, augment, sample_variation, vary
from relmaps.classify.device import open_device

SHAPE = (21, 26, 18)
SETTINGS = Augmentation(probability=0.5, flip=True, shift_voxels=4, zoom=(1.1, 1.4), rotation_degrees=15, noise=0.1)
OFF = Augmentation(probability=1, flip=False, shift_voxels=0, zoom=(1, 1), rotation_degrees=0, noise=0)


@pytest.fixture(autouse=True)
def deterministic():
    """Any operation that is not deterministic fails, as where networks are trained."""
    open_device("cpu", {}, 1)
    yield
    torch.set_deterministic_debug_mode("default")


@pytest.fixture
def brain():
    """(21, 26, 18) bool: an ellipsoid that is off centre on every axis."""
    x, y, z = np.indices(SHAPE)
    return torch.from_numpy(((x - 9) / 7) ** 2 + ((y - 14) / 9) ** 2 + ((z - 7) / 6) ** 2 <= 1)


@pytest.fixture
def images(rng, brain):
    """(4, 1, 21, 26, 18) float32, 0 outside the brain and in a part of it."""
    images = torch.from_numpy(rng.normal(5, 2, size=(4, 1, *SHAPE)).astype(np.float32)) * brain
    images[..., 9:12] = 0
    return images


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def scipy_moved(scan, variation):
    """Rotation from scipy, every position in voxels: out = centre + zoom R (in - centre) + shift."""
    rotation = Rotation.from_euler("xyz"[variation.axis], variation.degrees, degrees=True).as_matrix()
    centre = (np.array(scan.shape) - 1) / 2
    inverse = np.linalg.inv(variation.zoom * rotation)
    offset = centre - inverse @ (centre + variation.shift)
    return affine_transform(scan.astype(float), inverse, offset, order=1, mode="grid-constant", cval=0)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_shift_zoom_and_rotation_are_one_affine_in_voxels(images, brain, axis):
    variation = Variation(shift=(1.3, -2.6, 0.7), zoom=1.25, axis=axis, degrees=33)
    moved = vary(images[0], brain, variation)[0].numpy()
    expected = scipy_moved(images[0, 0].numpy(), variation)
    assert moved.dtype == np.float32
    np.testing.assert_allclose(moved, expected, atol=1e-4)
    assert np.abs(expected).max() > 5


def test_the_flip_comes_first(images, brain):
    variation = Variation(flip=True, shift=(3.0, 0.0, 1.5), zoom=1.1, axis=1, degrees=-12)
    expected = scipy_moved(images[0, 0].numpy()[::-1], variation)
    np.testing.assert_allclose(vary(images[0], brain, variation)[0].numpy(), expected, atol=1e-4)


def test_a_flip_is_exact_and_left_right(images, brain):
    flipped = augment(images, brain, replace(OFF, flip=True), seeded())
    assert torch.equal(flipped, torch.from_numpy(images.numpy()[:, :, ::-1].copy()))


def test_a_shift_by_whole_voxels_moves_values_and_brings_in_zeros(images, brain):
    scan = images[0] + 10  # not 0 at the border, so that what comes in shows
    shifted = vary(scan, brain, Variation(shift=(3.0, 0.0, -2.0)))
    expected = np.zeros(SHAPE)
    expected[3:, :, :-2] = scan[0].numpy()[:-3, :, 2:]
    np.testing.assert_allclose(shifted[0].numpy(), expected, atol=1e-4)


@pytest.mark.parametrize(
    ("axis", "turned"),
    [(0, np.array([5, -4, 3])), (1, np.array([2, 3, -5])), (2, np.array([-3, 5, 4]))],
)
def test_a_quarter_turn_goes_where_a_right_handed_one_goes(axis, turned):
    shape, centre = np.array([25, 31, 21]), np.array([12, 15, 10])
    start = {0: [5, 3, 4], 1: [5, 3, 2], 2: [5, 3, 4]}[axis]
    scan = torch.zeros(1, *shape)
    scan[(0, *(centre + start))] = 7
    moved = vary(scan, scan[0] > 0, Variation(axis=axis, degrees=90))[0].numpy()
    assert tuple(np.argwhere(moved > 1).squeeze()) == tuple(centre + turned)
    assert moved.max() == pytest.approx(7, abs=1e-3)


def test_zoom_enlarges_about_the_centre_of_the_grid(brain):
    centre, start = (np.array(SHAPE) - 1) / 2, np.array([4.0, -5.0, 3.5])
    distance = np.indices(SHAPE) - (centre + start)[:, None, None, None]
    scan = torch.from_numpy(np.exp(-(distance**2).sum(axis=0) / 2).astype(np.float32))[None]
    moved = augment(scan[None], brain, replace(OFF, zoom=(1.2, 1.2)), seeded())[0, 0].numpy()
    np.testing.assert_allclose(center_of_mass(moved) - centre, 1.2 * start, atol=0.02)
    assert moved.sum() / scan.sum() == pytest.approx(1.2**3, rel=0.02)


def test_noise_fills_the_brain_and_nothing_else_with_the_sd_asked_for(images, brain):
    added = augment(images, brain, replace(OFF, noise=0.3), seeded()) - images
    assert (added[:, 0, ~brain] == 0).all()
    assert (added[:, 0, brain] != 0).float().mean() > 0.999  # also where the feature is 0
    for scan, noise in zip(images[:, 0, brain].numpy(), added[:, 0, brain].numpy(), strict=True):
        assert noise.std() == pytest.approx(0.3 * scan.std(), rel=0.06)
        assert abs(noise.mean()) < 0.1 * 0.3 * scan.std()
    assert abs(np.corrcoef(added[0, 0, brain], added[1, 0, brain])[0, 1]) < 0.1


def test_noise_goes_where_the_brain_went(images, brain):
    move = Variation(flip=True, shift=(2.0, -3.0, 0.0))
    added = vary(images[0], brain, replace(move, noise=0.3)) - vary(images[0], brain, move)
    where = np.zeros(SHAPE, dtype=bool)
    where[2:, :-3] = brain.numpy()[::-1][:-2, 3:]
    np.testing.assert_array_equal(added[0].numpy() != 0, where)


def test_a_brain_moved_out_of_the_grid_leaves_zeros(images, brain):
    gone = vary(images[0], brain, Variation(shift=(30.0, 0.0, 30.0), noise=0.3))
    assert (gone == 0).all()


@pytest.mark.parametrize("settings", [replace(SETTINGS, probability=0), OFF])
def test_what_is_not_varied_keeps_its_bytes(images, brain, settings):
    assert torch.equal(augment(images, brain, settings, seeded()), images)


def test_the_scans_given_are_not_changed(images, brain):
    before = images.clone()
    augment(images, brain, replace(SETTINGS, probability=1), seeded())
    assert torch.equal(images, before)


def test_same_seed_same_bytes_other_seed_not_whatever_the_batches(images, brain):
    settings = replace(SETTINGS, probability=0.9)
    whole, again, other = (augment(images, brain, settings, seeded(seed)) for seed in (1, 1, 2))
    generator = seeded(1)
    parts = [augment(part, brain, settings, generator) for part in images.split([3, 1])]
    assert torch.equal(whole, again)
    assert torch.equal(whole, torch.cat(parts))
    assert not torch.equal(whole, other)


def test_the_choices_do_not_touch_the_global_generator(images, brain):
    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    augment(images, brain, replace(SETTINGS, probability=1), seeded())
    assert torch.equal(torch.rand(1), expected)


def test_one_setting_does_not_change_what_is_drawn_for_the_others():
    one, two = seeded(), seeded()
    for _ in range(20):
        with_all, without = sample_variation(SETTINGS, one), sample_variation(replace(SETTINGS, shift_voxels=0), two)
        assert replace(with_all, shift=without.shift) == without


def test_each_variation_is_drawn_with_its_probability_and_by_itself():
    generator = seeded()
    drawn = [sample_variation(replace(SETTINGS, probability=0.3), generator) for _ in range(4000)]
    applied = np.array([(v.flip, any(v.shift), v.zoom != 1, v.degrees != 0, v.noise != 0) for v in drawn])
    np.testing.assert_allclose(applied.mean(axis=0), 0.3, atol=0.03)  # four standard errors
    correlations = np.corrcoef(applied.T)[np.triu_indices(5, 1)]
    assert np.abs(correlations).max() < 0.07


def test_scans_are_left_alone_as_often_as_the_probability_says(images, brain):
    scans = images[:1].expand(600, -1, -1, -1, -1)
    flips = augment(scans, brain, replace(OFF, flip=True, probability=0.3), seeded())
    assert (flips != scans).flatten(1).any(dim=1).float().mean() == pytest.approx(0.3, abs=0.075)


def test_values_fill_their_ranges_and_axes_are_drawn_evenly():
    generator = seeded()
    drawn = [sample_variation(replace(SETTINGS, probability=1), generator) for _ in range(3000)]
    shifts = np.array([v.shift for v in drawn])
    assert ((shifts != 0).sum(axis=1) == 2).all()
    np.testing.assert_allclose((shifts == 0).mean(axis=0), 1 / 3, atol=0.035)
    np.testing.assert_allclose(np.bincount([v.axis for v in drawn]) / 3000, 1 / 3, atol=0.035)
    moved = shifts[shifts != 0]
    for values, low, high in (
        (moved, -4, 4),
        (np.array([v.degrees for v in drawn]), -15, 15),
        (np.array([v.zoom for v in drawn]), 1.1, 1.4),
    ):
        width = high - low
        assert low <= values.min() < low + 0.01 * width
        assert high - 0.01 * width < values.max() <= high
        assert values.mean() == pytest.approx((low + high) / 2, abs=0.03 * width)
    both = shifts[(shifts[:, 0] != 0) & (shifts[:, 1] != 0)]
    assert abs(np.corrcoef(both[:, 0], both[:, 1])[0, 1]) < 0.13
