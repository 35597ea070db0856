import nibabel as nib
import numpy as np
import pytest

from relmaps.io.files import write_json
from relmaps.reference.peaks import find_peaks, main

AFFINE = np.array([[-2.0, 0, 0, 40], [0, 2, 0, -30], [0, 0, 2, -20], [0, 0, 0, 1]])


@pytest.fixture
def image():
    """Two clusters, of 27 voxels and of one; x runs to the left."""
    data = np.zeros((30, 30, 30), dtype=np.float32)
    data[4:7, 4:7, 4:7] = 1
    data[5, 6, 4] = 3
    data[20, 10, 15] = 2
    return nib.Nifti1Image(data, AFFINE)


def test_peaks_are_named_in_mm_highest_first(image):
    table = find_peaks(image, 0.5)
    np.testing.assert_array_equal(table[["x", "y", "z"]], [(30, -18, -12), (0, -10, 10)])
    assert table["peak"].tolist() == [3, 2]
    assert table["size_mm3"].tolist() == [27 * 8, 8]


def test_small_clusters_can_be_left_out(image):
    assert find_peaks(image, 0.5, minimum_mm3=100)["peak"].tolist() == [3]
    assert find_peaks(image, 5).empty


def test_the_threshold_is_the_reference_s_or_half_the_maximum(image, tmp_path):
    path = tmp_path / "map.nii.gz"
    nib.save(image, path)
    assert "peaks above 1.5" in main(path, None, 5)
    write_json({"threshold": 2.5}, tmp_path / "reference.json")
    text = main(path, None, 5)
    assert "peaks above 2.5" in text
    assert len(text.splitlines()) == 3
    assert "none" in main(path, 7, 5)
