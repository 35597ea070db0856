import base64
import gzip
import hashlib
import json
from dataclasses import replace

import nibabel as nib
import numpy as np
import pytest
from nibabel.affines import apply_affine

from relmaps.report.viewer import LIBRARY, Layer, pack, viewer_data
from relmaps.space.grid import Grid


def unpacked(text):
    return nib.Nifti1Image.from_bytes(gzip.decompress(base64.b64decode(text)))


def test_the_library_is_the_one_whose_hash_and_licence_are_told():
    expected, name = (LIBRARY.parent / "SHA256SUMS").read_text().split()
    assert name == LIBRARY.name
    assert hashlib.sha256(LIBRARY.read_bytes()).hexdigest() == expected
    assert "</script" not in LIBRARY.read_text().lower()
    assert "Redistributions in binary form" in (LIBRARY.parent / "LICENSES.txt").read_text()


def test_a_packed_image_keeps_values_and_places(grid, brain, rng):
    brain = brain & (np.arange(grid.shape[0]) > 4)[:, None, None]
    data = rng.normal(size=grid.shape) * 1e-5 * brain
    image = unpacked(pack(data, brain, grid))
    assert np.prod(image.shape) < np.prod(grid.shape)
    place = np.argwhere(brain)[5]
    voxel = np.rint(apply_affine(np.linalg.inv(image.affine), apply_affine(grid.affine, place))).astype(int)
    assert image.get_fdata()[tuple(voxel)] == pytest.approx(data[tuple(place)], abs=np.abs(data).max() / 4096)
    assert image.get_fdata().sum() == pytest.approx(data.sum(), abs=np.abs(data).max() / 4096 * brain.sum() ** 0.5)


@pytest.mark.parametrize("mirrored", [False, True])
def test_a_fine_grid_is_averaged_where_it_lies(rng, mirrored):
    affine = np.diag([-1.0 if mirrored else 1.0, 1.0, 1.0, 1.0])
    affine[:3, 3] = [20 if mirrored else -20, -31, 7]
    grid = Grid((41, 37, 30), affine, "MNI152NLin2009aSym")
    data = np.zeros(grid.shape)
    data[10:14, 20:24, 8:12] = 1
    image = unpacked(pack(data, np.ones(grid.shape, bool), grid))
    np.testing.assert_allclose(image.header.get_zooms(), 2)
    values = image.get_fdata()
    centre = apply_affine(image.affine, np.argwhere(values > 0)).T @ values[values > 0] / values.sum()
    np.testing.assert_allclose(centre, apply_affine(grid.affine, [11.5, 21.5, 9.5]), atol=0.01)
    assert values.sum() * 8 == pytest.approx(64, rel=1e-3)


def test_data_can_stand_in_a_page_and_are_the_same_twice(grid, brain, rng):
    maps = [Layer("lrp", "LRP </script><b>", "units", rng.normal(size=grid.shape))]
    masks = [Layer("truth", "ground truth", "", brain)]
    text = viewer_data(maps, masks, brain.astype(float), brain, grid)
    assert "<" not in text
    assert text == viewer_data(maps, masks, brain.astype(float), brain, grid)
    content = json.loads(text)
    assert content["maps"][0]["title"] == "LRP </script><b>"
    assert content["maps"][0]["limit"] > 0
    for ramp in content["colours"].values():
        places = [row[0] for row in ramp]
        assert places == sorted(places)
        assert (places[0], places[-1]) == (0, 1)
        assert ramp[0][4] == 0, "zero is transparent"


def test_a_map_of_zeros_can_be_packed(grid, brain):
    assert not unpacked(pack(np.zeros(grid.shape), brain, replace(grid))).get_fdata().any()
