import numpy as np
import pytest

from relmaps.classify import gram as module
from relmaps.classify.gram import gram_matrix, voxel_blocks
from relmaps.classify.linear import centred_kernel


@pytest.fixture
def images(rng):
    """(20, 3, 4, 5) float32; two voxels are zero for all subjects, one for some."""
    images = 5 + rng.normal(size=(20, 3, 4, 5))
    images[:, 0, :2, 0] = 0
    images[:9, 2, 3, 4] = 0
    return images.astype(np.float32)


def literal(images):
    flat = images.reshape(len(images), -1).astype(float)
    flat -= flat.mean(axis=0)
    return flat @ flat.T


@pytest.mark.parametrize("block_voxels", [1, 7, 59, 60, 1000, None])
def test_sum_over_blocks_is_the_product_of_images_centred_by_their_mean(images, block_voxels):
    gram = gram_matrix(images, block_voxels)
    assert gram.dtype == np.float64
    np.testing.assert_allclose(gram, literal(images), atol=5e-5)


def test_blocks_fit_the_bytes(images, monkeypatch):
    monkeypatch.setattr(module, "BLOCK_BYTES", 20 * 4 * 7)
    blocks = list(voxel_blocks(images))
    assert {block.nbytes for _, block in blocks} == {20 * 4 * 7, 20 * 4 * 4}
    np.testing.assert_array_equal(np.hstack([block for _, block in blocks]), images.reshape(20, -1))
    assert [voxels.start for voxels, _ in blocks] == list(range(0, 60, 7))


def test_memory_mapped_array_is_read_whole_and_left_as_it_is(images, tmp_path):
    np.save(tmp_path / "array.npy", images)
    mapped = np.load(tmp_path / "array.npy", mmap_mode="r")
    np.testing.assert_array_equal(gram_matrix(mapped, 7), gram_matrix(images, 7))
    np.testing.assert_array_equal(mapped, images)


@pytest.mark.parametrize("offset", [0, 1000])
def test_float32_is_exact_to_a_millionth_once_centred_by_a_training_part(rng, offset):
    """The offset differs between voxels, as anatomy does; the differences between subjects have a size of 1."""
    images = rng.normal(size=(30, 50_000)) + offset * rng.random(50_000)
    images[::2, :20_000] += 0.5
    images, train = images.astype(np.float32), np.arange(25)
    kernel, _ = centred_kernel(gram_matrix(images, 20_000), train)
    exact = images.astype(np.float64)
    exact -= exact[train].mean(axis=0)
    exact = exact @ exact.T
    exact /= np.diagonal(exact)[train].mean()
    assert np.abs(kernel - exact).max() < 1e-6


def test_a_shift_that_all_subjects_share_leaves_no_trace(images, rng):
    shift = rng.integers(-50, 50, size=images.shape[1:]).astype(np.float32)
    train = np.arange(12)
    kernels = [centred_kernel(gram_matrix(array), train)[0] for array in (images, images + shift)]
    np.testing.assert_allclose(*kernels, atol=1e-5)
