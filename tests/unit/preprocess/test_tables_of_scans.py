import numpy as np
import pandas as pd
import pytest
from scipy.ndimage import gaussian_filter

from relmaps.io.errors import UserError
from relmaps.io.images import write_map
from relmaps.preprocess.arrays import build_array
from relmaps.preprocess.quality import dice
from relmaps.preprocess.subjects import find_bad_scans, read_exclusion_list, select_subjects

pytestmark = pytest.mark.fault

PEOPLE = pd.DataFrame(
    {
        "participant_id": ["sub-1", "sub-2", "sub-3", "sub-4"],
        "group": ["AD", "AD", "CN", "CN"],
        "label": [1, 1, 0, 0],
        "age": [70.0, 71, 72, 73],
        "sex": ["f", "m", "f", "m"],
        "site": ["a", "a", "b", None],
    }
)
LEFT_OUT = pd.DataFrame(
    [{"scan_id": None, "participant_id": "sub-9", "stage": "cohort", "reason": "no T1w image"}],
)
GATES = {"similarity": [0.6, None], "noise": [None, 0.2], "tiv_ml": [None, None]}


def qc(similarity=(0.9, 0.5, 0.9, None), status=("ok", "ok", "ok", "failed"), **columns):
    table = pd.DataFrame(
        {
            "scan_id": PEOPLE["participant_id"] + "_ses-1",
            "participant_id": PEOPLE["participant_id"],
            "status": status,
            "method": "network",
            "similarity": similarity,
            "noise": 0.05,
            "tiv_ml": 1500.0,
            "content": ["c1", "c2", "c3", None],
            "reason": [None, None, None, "x.nii.gz: damaged"],
        }
    )
    return table.assign(**columns)


def test_everyone_is_either_used_or_excluded_with_a_reason():
    subjects, exclusions = select_subjects(PEOPLE, qc(), LEFT_OUT, GATES, "exclude")
    assert subjects["participant_id"].tolist() == ["sub-1", "sub-3"]
    assert subjects["site"].tolist() == ["a", "b"]
    assert exclusions["participant_id"].tolist() == ["sub-9", "sub-2", "sub-4"]
    assert exclusions["reason"][1] == "registration failed: similarity to the template 0.5 is below 0.6"
    assert exclusions["stage"].tolist() == ["cohort", "preprocess", "preprocess"]


def test_without_bad_scans_nobody_is_excluded():
    rows = qc((0.9, 0.9, 0.9, 0.9), "ok", reason=None)
    subjects, exclusions = select_subjects(PEOPLE, rows, LEFT_OUT[:0], GATES, "fail")
    assert len(subjects) == 4
    assert exclusions.columns.tolist() == ["scan_id", "participant_id", "stage", "reason"]
    assert exclusions.empty


def test_all_missed_gates_stand_in_one_reason():
    noise = [0.2, 0.3125, None, None]
    bad = find_bad_scans(qc(noise=noise, tiv_ml=None), GATES | {"noise": [0.1, 0.2]})
    assert bad == {
        "sub-2_ses-1": "registration failed: similarity to the template 0.5 is below 0.6; noise 0.3125 is above 0.2",
        "sub-3_ses-1": "noise is not known",
        "sub-4_ses-1": "x.nii.gz: damaged",
    }
    low = find_bad_scans(qc(noise=0.05), {"noise": [0.1, None]})
    assert low["sub-1_ses-1"] == "noise 0.05 is below 0.1"


@pytest.mark.parametrize(
    ("measure", "value", "limits", "reason"),
    [
        ("tiv_ml", 3470.4, [800, 2200], "brain extraction failed: total volume 3,470 ml is above 2,200"),
        ("tiv_ml", 466.0, [800, 2200], "brain extraction failed: total volume 466 ml is below 800"),
        (
            "cut_share",
            0.0512,
            [None, 0.03],
            "part of the brain lies outside the image: cut share of its surface 0.0512",
        ),
        (
            "wm_cv",
            0.2,
            [None, 0.15],
            "uneven white matter after bias correction: coefficient of variation 0.2 is above",
        ),
        ("jacobian_min", -0.1, [0.02, None], "implausible deformation: smallest Jacobian -0.1 is below 0.02"),
        ("brain_agreement", 0.6, [0.9, None], "brain extraction is uncertain: Dice of the masks by network and"),
    ],
)
def test_a_reason_names_what_is_wrong(measure, value, limits, reason):
    (bad,) = set(find_bad_scans(qc((0.9,) * 4, "ok", **{measure: value}), {measure: limits}).values())
    assert bad.startswith(reason)


def test_a_skull_stripped_scan_has_no_two_masks_that_could_disagree():
    rows = qc((0.9,) * 4, "ok", brain_agreement=np.nan, method="skull_stripped")
    assert find_bad_scans(rows, {"brain_agreement": [0.9, None]}) == {}
    assert len(find_bad_scans(rows.assign(method="network"), {"brain_agreement": [0.9, None]})) == 4


def test_scans_with_the_same_content_are_all_excluded_until_the_wrong_ones_are_listed():
    copies = qc((0.9, 0.9, 0.9, None), content=["c1", "c2", "c1", "c1"])  # the failed one has no say
    with pytest.raises(UserError, match=r"3 scan\(s\).*sub-1_ses-1: same content as sub-3_ses-1: keep the right one; "):
        select_subjects(PEOPLE, copies, LEFT_OUT, GATES, "fail")
    with pytest.raises(UserError, match="no control scan is left"):
        select_subjects(PEOPLE, copies, LEFT_OUT, GATES, "exclude")
    subjects, exclusions = select_subjects(PEOPLE, copies, LEFT_OUT, GATES, "exclude", {"sub-1_ses-1": "a copy"})
    assert subjects["participant_id"].tolist() == ["sub-2", "sub-3"]
    assert exclusions["reason"].tolist()[1:] == ["exclusion list: a copy", "x.nii.gz: damaged"]
    unknown = qc((0.9, 0.9, 0.9, None), content=None)
    assert list(find_bad_scans(unknown, GATES)) == ["sub-4_ses-1"]


def test_the_policy_fail_lists_every_bad_scan_but_not_what_was_decided():
    with pytest.raises(
        UserError, match=r"2 scan\(s\).*sub-2_ses-1: registration failed.*sub-4_ses-1: x.nii.gz: damaged"
    ):
        select_subjects(PEOPLE, qc(), LEFT_OUT, GATES, "fail")
    decided = {"sub-2_ses-1": "braces", "sub-4_ses-1": "lost"}
    subjects, exclusions = select_subjects(PEOPLE, qc(), LEFT_OUT, GATES, "fail", decided)
    assert subjects["participant_id"].tolist() == ["sub-1", "sub-3"]
    assert exclusions["reason"].tolist() == ["no T1w image", "exclusion list: braces", "exclusion list: lost"]


def test_a_group_without_scans_is_named():
    with pytest.raises(UserError, match="no control scan is left"):
        select_subjects(PEOPLE, qc(similarity=(0.9, 0.9, 0.1, None)), LEFT_OUT, GATES, "exclude")


def test_a_participant_who_is_lost_is_a_defect():
    with pytest.raises(ValueError, match="neither used nor excluded, or both: sub-4"):
        select_subjects(PEOPLE, qc()[:3], LEFT_OUT, GATES, "exclude")


def listed(path, text):
    path.write_text(text, encoding="utf-8")
    return read_exclusion_list(path, qc(), LEFT_OUT)


def test_the_exclusion_list_names_scans_or_participants(tmp_path, caplog):
    caplog.set_level("WARNING", logger="relmaps")
    text = "scan_id\tparticipant_id\treason\trater\n"
    text += "sub-1_ses-1\t\tmotion \tAB\n\n\t2\tbraces\t\n\t\t\t\nsub-3_ses-1\tsub-3\t001\t\n"
    text += "\tsub-9\tleft out before\t\nsub-1_ses-2\t\tnot taken\t\nsub-3_ses-1\tsub-2\tmixed up\t\n"
    assert listed(tmp_path / "list.tsv", text) == {
        "sub-1_ses-1": "motion",
        "sub-2_ses-1": "braces",
        "sub-3_ses-1": "001",
    }
    where = f"{tmp_path / 'list.tsv'}: line"
    assert [record.args for record in caplog.records] == [
        (f"{where} 8", "sub-1_ses-2"),
        (f"{where} 9", "sub-3_ses-1 sub-2"),
    ]
    assert listed(tmp_path / "people.tsv", "participant_id\treason\n1\tmotion\n") == {"sub-1_ses-1": "motion"}
    assert listed(tmp_path / "empty.tsv", "participant_id\treason\n") == {}


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("scan_id\treason\n\nsub-1_ses-1\t\n", r"line 3 \(sub-1_ses-1\) has no reason"),
        ("scan_id\treason\nsub-7_ses-1\t  \n", r"line 2 \(sub-7_ses-1\) has no reason"),
        ("scan_id\treason\n\tmotion\n", "line 2 names no scan"),
        (
            "scan_id\treason\nsub-1_ses-01\tmotion\n",
            "line 2: scan_id sub-1_ses-01 is no scan of this study, but nearly sub-1_ses-1; correct it",
        ),
        (
            "participant_id\treason\n002\tmotion\n",
            "line 2: participant_id sub-002 is .* nearly sub-2; correct it",
        ),
        ("participant_id\treason\n1.0\tmotion\n", "line 2: identifier '1.0' is a number to a spreadsheet; write the "),
        ("participant_id\treason\treason\n1\ta\tb\n", "column reason stands twice; rename one of them"),
        ('scan_id\treason\nsub-1_ses-1\t"\nsub-2_ses-1\n', "line 3 has 1 cells, but the header 2; write n/a in a cell"),
        ("scan\treason\nsub-1\tmotion\n", "column scan_id or participant_id is missing"),
        ("scan_id\twhy\nsub-1\tmotion\n", "column reason is missing"),
    ],
)
def test_a_faulty_exclusion_list_is_named_with_the_line(tmp_path, text, error):
    with pytest.raises(UserError, match=rf"list\.tsv: {error}"):
        listed(tmp_path / "list.tsv", text)


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
