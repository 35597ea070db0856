import numpy as np
import pytest

from relmaps.io.errors import UserError
from relmaps.io.files import read_json
from relmaps.io.images import read_map, read_mask, write_map
from relmaps.reference.reference import read_thresholds
from workflow.scripts import build_reference

pytestmark = pytest.mark.slow

SETTINGS = {
    "source": "sleuth",
    "threshold": None,
    "correction": "fdr",
    "alpha": 0.05,
    "cluster_forming_p": 0.001,
    "iterations": 20,
    "minimum_cluster_voxels": 0,
}


@pytest.fixture
def arguments(tmp_path, grid, brain):
    write_map(brain, tmp_path / "brain.nii.gz", grid, dtype=np.uint8)
    return {
        "brain_mask": tmp_path / "brain.nii.gz",
        "space": grid.space,
        "seed": 0,
        "cores": 1,
        "reference_map": tmp_path / "map.nii.gz",
        "mask": tmp_path / "mask.nii.gz",
        "thresholds": tmp_path / "thresholds.npz",
        "sidecar": tmp_path / "reference.json",
    }


@pytest.fixture
def foci(tmp_path):
    studies = (f"// study {n}\n// Subjects=30\n{n % 3} {-10 - n % 4} {n % 2}\n-30 20 40\n" for n in range(12))
    path = tmp_path / "foci.txt"
    path.write_text("//Reference=MNI\n//Label=made up\n" + "".join(studies))
    return path


def test_foci_become_an_ale_map(arguments, foci, grid):
    build_reference.main(foci, settings=SETTINGS, **arguments)
    sidecar = read_json(arguments["sidecar"])
    assert (sidecar["kind"], sidecar["n_studies"], sidecar["n_foci"]) == ("meta_analysis", 12, 24)
    assert sidecar["label"] == "made up"
    mask, values = read_mask(arguments["mask"], grid), read_map(arguments["reference_map"], grid)
    assert sidecar["mask_voxels"] == mask.sum() > 0
    assert values[mask].min() >= sidecar["threshold"]
    first, *others = read_thresholds(arguments["thresholds"], arguments["sidecar"], grid)
    np.testing.assert_array_equal(first.mask, mask)
    assert {"p_0.001", "percentile_95"} <= {cut.label for cut in others}


def test_a_text_mined_literature_says_so_and_has_other_sample_sizes(arguments, foci, grid):
    settings = SETTINGS | {"source": "neuroquery", "correction": "voxel_fwe", "sample_size_sweep": [30]}
    build_reference.main(foci, settings=settings, **arguments)
    assert read_json(arguments["sidecar"])["kind"] == "text_mined"
    thresholds = {cut.label: cut.mask for cut in read_thresholds(arguments["thresholds"], arguments["sidecar"], grid)}
    assert thresholds["voxel_fwe_0.05"].any()
    np.testing.assert_array_equal(thresholds["voxel_fwe_0.05"], read_mask(arguments["mask"], grid))
    np.testing.assert_array_equal(thresholds["voxel_fwe_0.05_n30"], thresholds["voxel_fwe_0.05"])


def test_a_ready_made_map_is_thresholded(arguments, tmp_path, grid, brain):
    data = np.indices(grid.shape)[1].astype(np.float32)
    write_map(data, tmp_path / "published.nii.gz", grid)
    settings = SETTINGS | {"source": "nifti", "threshold": 6, "polarity": 1, "affine": None}
    build_reference.main(tmp_path / "published.nii.gz", settings=settings, **arguments)
    np.testing.assert_array_equal(read_mask(arguments["mask"], grid), brain & (data >= 6))
    assert arguments["thresholds"].exists()


def test_a_foci_file_without_a_space_is_named(arguments, tmp_path):
    (tmp_path / "foci.txt").write_text("// study\n// Subjects=30\n1 2 3\n")
    with pytest.raises(UserError, match=r"foci\.txt: names no space; add //Reference=MNI"):
        build_reference.main(tmp_path / "foci.txt", settings=SETTINGS, **arguments)
    assert not arguments["mask"].exists()
