import json

import numpy as np

from relmaps.images import read_map
from relmaps.reference.reference import Reference, read_reference_mask


def test_what_is_written_is_read_back(grid, brain, rng, tmp_path):
    data = rng.random(grid.shape, dtype=np.float32)
    paths = [tmp_path / name for name in ("map.nii.gz", "mask.nii.gz", "reference.json")]
    Reference(data, brain, "meta_analysis", "foci.txt", "ALE value", 0.25, 4, 60, "a note").write(*paths, grid)
    np.testing.assert_array_equal(read_map(paths[0], grid), data)
    read = read_reference_mask("published", *paths[1:], grid)
    np.testing.assert_array_equal(read.mask, brain)
    assert (read.name, read.kind, read.threshold) == ("published", "meta_analysis", 0.25)
    assert json.loads(paths[2].read_text()) == {
        "kind": "meta_analysis",
        "source": "foci.txt",
        "space": grid.space,
        "units": "ALE value",
        "threshold": 0.25,
        "mask_voxels": int(brain.sum()),
        "n_studies": 4,
        "n_foci": 60,
        "note": "a note",
    }


def test_an_empty_mask_has_no_threshold(grid, brain, tmp_path):
    paths = [tmp_path / name for name in ("map.nii.gz", "mask.nii.gz", "reference.json")]
    nothing = np.zeros_like(brain)
    Reference(nothing.astype(np.float32), nothing, "truth", "", "", None).write(*paths, grid)
    read = read_reference_mask("truth", *paths[1:], grid)
    assert read.threshold is None
    assert not read.mask.any()
