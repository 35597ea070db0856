import json

import numpy as np
import pytest

from relmaps.io.errors import UserError
from relmaps.io.images import read_map
from relmaps.reference.reference import Reference, Thresholded, read_reference_mask, read_thresholds
from relmaps.space.grid import Grid


@pytest.fixture
def paths(tmp_path):
    return [tmp_path / name for name in ("map.nii.gz", "mask.nii.gz", "reference.json")]


def test_what_is_written_is_read_back(grid, brain, rng, paths):
    data = rng.random(grid.shape, dtype=np.float32)
    reference = Reference(data, brain, "meta_analysis", "foci.txt", "ALE value", 0.25, 4, 60, "a note", "a label")
    reference.write(*paths, grid)
    np.testing.assert_array_equal(read_map(paths[0], grid), data)
    read = read_reference_mask("published", *paths[1:], grid)
    np.testing.assert_array_equal(read.mask, brain)
    assert (read.name, read.kind, read.threshold) == ("published", "meta_analysis", 0.25)
    assert json.loads(paths[2].read_text()) == {
        "kind": "meta_analysis",
        "label": "a label",
        "source": "foci.txt",
        "space": grid.space,
        "units": "ALE value",
        "threshold": 0.25,
        "mask_voxels": int(brain.sum()),
        "n_studies": 4,
        "n_foci": 60,
        "note": "a note",
        "thresholds": {},
    }


def test_the_multiverse_is_read_back_in_order(grid, brain, paths, tmp_path):
    thresholds = [
        Thresholded("fdr_0.05", brain, 0.25, "false discovery rate of 0.05"),
        Thresholded("p_0.001", ~brain, None, "other"),
    ]
    reference = Reference(brain.astype(np.float32), brain, "truth", "", "", 0.25, thresholds=thresholds)
    reference.write(*paths, grid, tmp_path / "thresholds.npz")
    read = read_thresholds(tmp_path / "thresholds.npz", paths[2], grid)
    assert [(thresholded.label, thresholded.threshold, thresholded.meaning) for thresholded in read] == [
        ("fdr_0.05", 0.25, "false discovery rate of 0.05"),
        ("p_0.001", None, "other"),
    ]
    for before, after in zip(thresholds, read, strict=True):
        np.testing.assert_array_equal(before.mask, after.mask)
    told = json.loads(paths[2].read_text())["thresholds"]["p_0.001"]
    assert told == {"threshold": None, "mask_voxels": int((~brain).sum()), "meaning": "other"}
    other = Grid((5, 5, 5), grid.affine, grid.space)
    with pytest.raises(UserError, match=r"thresholds\.npz: mask \(9, 11, 8\) is not on the study's grid \(5, 5, 5\)"):
        read_thresholds(tmp_path / "thresholds.npz", paths[2], other)


def test_an_empty_mask_has_no_threshold(grid, brain, paths):
    nothing = np.zeros_like(brain)
    Reference(nothing.astype(np.float32), nothing, "truth", "", "", None).write(*paths, grid)
    read = read_reference_mask("truth", *paths[1:], grid)
    assert read.threshold is None
    assert not read.mask.any()
