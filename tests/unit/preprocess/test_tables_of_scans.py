import numpy as np
import pandas as pd
import pytest
from scipy.ndimage import gaussian_filter

from relmaps.errors import UserError
from relmaps.images import write_map
from relmaps.preprocess.arrays import build_array
from relmaps.preprocess.quality import dice
from relmaps.preprocess.subjects import select_subjects

PEOPLE = pd.DataFrame(
    {
        "participant_id": ["sub-1", "sub-2", "sub-3", "sub-4"],
        "group": ["AD", "AD", "CN", "CN"],
        "label": [1, 1, 0, 0],
        "age": [70.0, 71, 72, 73],
        "sex": ["f", "m", "f", "m"],
    }
)
LEFT_OUT = pd.DataFrame(
    [{"scan_id": None, "participant_id": "sub-9", "stage": "cohort", "reason": "no T1w image"}],
)


def qc(similarity=(0.9, 0.5, 0.9, None), status=("ok", "ok", "ok", "failed")):
    return pd.DataFrame(
        {
            "scan_id": PEOPLE["participant_id"],
            "participant_id": PEOPLE["participant_id"],
            "status": status,
            "similarity": similarity,
            "tiv_ml": 1500.0,
            "reason": [None, None, None, "x.nii.gz: damaged"],
        }
    )


def test_everyone_is_either_used_or_excluded_with_a_reason():
    subjects, exclusions = select_subjects(PEOPLE, qc(), LEFT_OUT, 0.6, "exclude")
    assert subjects["participant_id"].tolist() == ["sub-1", "sub-3"]
    assert exclusions["participant_id"].tolist() == ["sub-9", "sub-2", "sub-4"]
    assert "similarity 0.50" in exclusions["reason"][1]
    assert exclusions["stage"].tolist() == ["cohort", "preprocess", "preprocess"]


def test_the_policy_fail_lists_every_bad_scan():
    with pytest.raises(UserError, match=r"2 scan\(s\).*sub-2: similarity.*sub-4: x.nii.gz: damaged"):
        select_subjects(PEOPLE, qc(), LEFT_OUT, 0.6, "fail")


def test_a_group_without_scans_is_named():
    with pytest.raises(UserError, match="no control scan is left"):
        select_subjects(PEOPLE, qc(similarity=(0.9, 0.9, 0.1, None)), LEFT_OUT, 0.6, "exclude")


def test_dice_is_twice_the_shared_voxels_over_the_sum():
    a, b = np.array([1, 1, 0, 0], bool), np.array([1, 0, 1, 1], bool)
    assert dice(a, b) == pytest.approx(2 * 1 / 5)
    assert dice(a & False, b & False) == 0


def test_an_array_holds_each_subject_smoothed_scaled_and_masked(tmp_path, grid, brain, rng):
    maps = rng.random((3, *grid.shape)).astype(np.float32)
    paths = [tmp_path / f"{n}.nii.gz" for n in range(3)]
    for path, data in zip(paths, maps, strict=True):
        write_map(data, path, grid)
    build_array(paths, 3, tmp_path / "array.npy", grid, brain, 20.0, np.array([1.0, 2.0, 0.5]))
    array = np.load(tmp_path / "array.npy", mmap_mode="r")
    assert array.dtype == np.float32
    sigma = [20 / 2.354820045 / size for size in (8, 9, 7)]
    np.testing.assert_allclose(array[1], 2 * gaussian_filter(maps[1], sigma) * brain, rtol=1e-5)
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []
