import nibabel as nib
import numpy as np
import pytest

from relmaps.space.box import Box, box_around

SHAPE = (6, 7, 8)
BOXES = {
    "inside": Box((1, 2, 3), (4, 6, 5)),
    "the whole image": Box((0, 0, 0), SHAPE),
    "beyond both ends": Box((-2, -1, -3), (8, 9, 10)),
    "beyond one corner": Box((4, -3, 5), (9, 2, 11)),
    "below the image": Box((-5, 1, 1), (-2, 4, 4)),
    "above the image": Box((1, 9, 1), (4, 12, 4)),
}


@pytest.fixture(params=BOXES.values(), ids=BOXES)
def box(request) -> Box:
    return request.param


@pytest.fixture
def data(rng) -> np.ndarray:
    return rng.random(SHAPE).astype(np.float32) + 1


def contains(box: Box, voxel: tuple[int, int, int]) -> bool:
    return all(low <= index < high for low, index, high in zip(box.low, voxel, box.high, strict=True))


def test_a_cut_has_the_images_voxels_and_zeros_beyond_it(box, data):
    part = box.cut(data)
    assert part.shape == box.shape == tuple(np.subtract(box.high, box.low))
    for here in np.ndindex(part.shape):
        voxel = tuple(int(n) for n in np.add(here, box.low))
        assert part[here] == (data[voxel] if contains(Box((0, 0, 0), SHAPE), voxel) else 0)


def test_what_was_cut_is_pasted_where_it_was(box, data):
    pasted = box.paste(box.cut(data), SHAPE)
    for voxel in np.ndindex(SHAPE):
        assert pasted[voxel] == (data[voxel] if contains(box, voxel) else 0)


@pytest.mark.parametrize("kind", [bool, np.uint8, np.float32])
def test_cut_and_paste_keep_the_type(kind, data):
    part = BOXES["beyond one corner"].cut(data.astype(kind))
    assert part.dtype == kind
    assert BOXES["beyond one corner"].paste(part, SHAPE).dtype == kind


def test_a_cut_is_a_copy(data):
    before = data.copy()
    BOXES["inside"].cut(data)[:] = 9
    np.testing.assert_array_equal(data, before)


def test_every_voxel_of_a_cut_image_keeps_its_place_in_an_oblique_world(box, data):
    turn = nib.eulerangles.euler2mat(0.3, -0.2, 0.5)
    affine = nib.affines.from_matvec(turn @ np.diag([2.0, 3.0, 5.0]), [-20, 33, 7])
    image = nib.Nifti1Image(data, affine)
    cut = box.cut_image(image)
    assert cut.get_data_dtype() == np.float32
    np.testing.assert_array_equal(image.affine, affine)
    for here in np.ndindex(cut.shape):
        place = nib.affines.apply_affine(cut.affine, here)
        voxel = np.rint(nib.affines.apply_affine(np.linalg.inv(affine), place)).astype(int)
        np.testing.assert_allclose(nib.affines.apply_affine(affine, voxel), place, atol=1e-9)
        known = contains(Box((0, 0, 0), SHAPE), voxel)
        assert cut.get_fdata()[here] == (data[tuple(voxel)] if known else 0)


def test_a_cut_image_has_the_scaling_of_the_file_applied(tmp_path):
    image = nib.Nifti1Image(np.arange(336, dtype=np.int16).reshape(SHAPE), np.diag([2.0, 3, 5, 1]))
    image.header.set_slope_inter(0.5, 10)
    nib.save(image, tmp_path / "image.nii")
    cut = BOXES["inside"].cut_image(nib.load(tmp_path / "image.nii"))
    assert cut.get_fdata()[1, 2, 1] == nib.load(tmp_path / "image.nii").get_fdata()[2, 4, 4]


@pytest.mark.parametrize("margin_mm", [0, 0.1, 2, 3, 7.5])
def test_a_box_is_the_smallest_with_its_margin_in_mm_on_each_side(rng, margin_mm):
    voxel_mm = np.array([1.0, 2.0, 3.5])
    inside = np.zeros((12, 11, 10), bool)
    inside[3:8, 4:6, 2:9] = rng.random((5, 2, 7)) > 0.8
    box = box_around(inside, voxel_mm, margin_mm)
    for axis in range(3):
        places = [voxel[axis] for voxel in np.ndindex(inside.shape) if inside[voxel]]
        n_margin = next(n for n in range(99) if n * voxel_mm[axis] >= margin_mm)
        assert box.low[axis] == min(places) - n_margin
        assert box.high[axis] - 1 == max(places) + n_margin


def test_a_box_around_the_edge_of_an_image_reaches_beyond_it():
    inside = np.zeros(SHAPE, bool)
    inside[0, 6, 3] = True
    box = box_around(inside, np.array([1.0, 2.0, 4.0]), 4)
    assert box == Box((-4, 4, 2), (5, 9, 5))
    assert box.cut(inside).sum() == 1
    np.testing.assert_array_equal(box.paste(box.cut(inside), SHAPE), inside)
