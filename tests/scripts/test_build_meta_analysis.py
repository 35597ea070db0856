import numpy as np
import pytest

from relmaps.errors import UserError
from relmaps.files import read_json
from relmaps.images import read_map, read_mask, write_map
from workflow.scripts import build_meta_analysis


@pytest.fixture
def arguments(tmp_path, grid, brain):
    write_map(brain, tmp_path / "brain.nii.gz", grid, dtype=np.uint8)
    return {
        "brain_mask": tmp_path / "brain.nii.gz",
        "space": grid.space,
        "fdr": 0.05,
        "minimum_cluster_voxels": 0,
        "reference_map": tmp_path / "map.nii.gz",
        "mask": tmp_path / "mask.nii.gz",
        "sidecar": tmp_path / "reference.json",
    }


def test_foci_become_an_ale_map(arguments, tmp_path, grid):
    studies = (f"// study {n}\n// Subjects=30\n{n % 3} {-10 - n % 4} {n % 2}\n-30 20 40\n" for n in range(12))
    (tmp_path / "foci.txt").write_text("//Reference=MNI\n" + "".join(studies))
    build_meta_analysis.main(str(tmp_path / "foci.txt"), source="sleuth", threshold=None, **arguments)
    sidecar = read_json(arguments["sidecar"])
    assert (sidecar["kind"], sidecar["n_studies"], sidecar["n_foci"]) == ("meta_analysis", 12, 24)
    mask, values = read_mask(arguments["mask"], grid), read_map(arguments["reference_map"], grid)
    assert sidecar["mask_voxels"] == mask.sum() > 0
    assert values[mask].min() >= sidecar["threshold"]


def test_a_ready_made_map_is_thresholded(arguments, tmp_path, grid, brain):
    data = np.indices(grid.shape)[1].astype(np.float32)
    write_map(data, tmp_path / "published.nii.gz", grid)
    build_meta_analysis.main(str(tmp_path / "published.nii.gz"), source="nifti", threshold=6, **arguments)
    np.testing.assert_array_equal(read_mask(arguments["mask"], grid), brain & (data >= 6))


def test_a_foci_file_without_a_space_is_named(arguments, tmp_path):
    (tmp_path / "foci.txt").write_text("// study\n// Subjects=30\n1 2 3\n")
    with pytest.raises(UserError, match=r"foci\.txt: does not say its space; add //Reference=MNI"):
        build_meta_analysis.main(tmp_path / "foci.txt", source="sleuth", threshold=None, **arguments)
    assert not arguments["mask"].exists()
