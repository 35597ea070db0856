import numpy as np
import pandas as pd
import pytest
from matplotlib.text import Text

from relmaps.figures.cohort import MOST_REASONS, count_reasons, count_without_scan, plain_reason, plot_cohort
from relmaps.figures.style import house_style
from relmaps.io.tables import read_table
from tests.synthetic_results import SyntheticStudy


@pytest.mark.parametrize(
    ("reason", "plain"),
    [
        (
            "/data/my study/sub-07/anat/sub-07_T1w.nii.gz: empty, every voxel is 0; convert it again",
            "empty, every voxel is 0",
        ),
        ("sub-07_T1w.nii.gz: damaged (CRC check failed 0x1); copy it again", "damaged"),
        (
            "registration failed: similarity to the template 0.41 is below 0.6",
            "registration failed: similarity to the template is below 0.6",
        ),
        (
            "registration failed: similarity to the template 0.41 is below 0.6; noise 0.31 is above 0.2",
            "registration failed: similarity to the template is below 0.6",
        ),
        (
            "brain extraction failed: total volume 3,470 ml is above 2,200",
            "brain extraction failed: total volume is above 2,200",
        ),
        ("jacobian_min -0.0121 is below -0.01", "jacobian_min is below -0.01"),
        ("wm_cv 1.2e-05 is below 0.01", "wm_cv is below 0.01"),
        ("same content as sub-08_ses-2, sub-09_ses-1: keep the right one", "same content as …: keep the right one"),
        ("exclusion list: moved 2.5 mm", "exclusion list: moved 2.5 mm"),
        ("one scan per participant: sub-07_ses-1 is taken", "one scan per participant: … is taken"),
        ("no scan of 07 in /data/bids/07", "no scan of … in the file"),
        ("diagnosis is MCI", "diagnosis is MCI"),
        (np.nan, "no reason given"),
    ],
)
def test_reasons_name_nobody_and_no_file(reason, plain):
    assert plain_reason(reason, "sub-07", "sub-07_ses-2") == plain


def test_numbers_that_look_like_an_identifier_stay():
    assert plain_reason("noise 1.1 is above 1", "sub-1", "sub-1_ses-1") == "noise is above 1"
    assert plain_reason("session ses-1 is not in cohort.bids.sessions of 1", "sub-1") == (
        "session ses-1 is not in cohort.bids.sessions of …"
    )


def make_exclusions(reasons, stage="cohort", **columns):
    ids = [f"sub-{number}" for number in range(len(reasons))]
    table = pd.DataFrame({"scan_id": ids, "participant_id": ids, "stage": stage, "reason": reasons})
    return table.assign(**columns)


def test_equal_reasons_with_other_values_are_counted_together():
    table = make_exclusions(
        [f"registration failed: similarity to the template 0.{n} is below 0.6" for n in (41, 52)], "preprocess"
    )
    assert count_reasons(table, "preprocess") == {"registration failed: similarity to the template is below 0.6": 2}
    assert count_reasons(table, "cohort") == {}


def test_participants_without_a_scan_are_not_counted_as_scans():
    table = make_exclusions(["no T1w image"] * 3 + ["session ses-2 is not in cohort.bids.sessions"])
    table["scan_id"] = [None, None, None, "sub-2_ses-2"]
    table["participant_id"] = ["sub-0", "sub-1", "sub-2", "sub-2"]
    assert count_reasons(table, "cohort").total() == 1
    assert count_without_scan(table) == 2


def get_texts(figure):
    return [text.get_text() for text in figure.findobj(Text)]


def test_flow_adds_up(tmp_path, grid, brain):
    study = SyntheticStudy(tmp_path, grid, brain, n_scans=9).write()
    tables = [read_table(study.path(f"cohort/{name}.tsv")) for name in ("participants", "scans", "exclusions")]
    texts = get_texts(plot_cohort(*tables, read_table(study.path("preprocess/subjects.tsv"))))
    for expected in ("9 found", "8 for preprocessing", "7 used", "3 AD", "4 CN"):
        assert expected in texts
    assert not [text for text in texts if "without a scan" in text]
    assert not [text for text in texts if "sub-" in text]


def test_many_reasons_are_cut_short_and_missing_ages_said(tmp_path, grid, brain):
    study = SyntheticStudy(tmp_path, grid, brain).write()
    participants, scans = (read_table(study.path(f"cohort/{name}.tsv")) for name in ("participants", "scans"))
    reasons = [f"reason {letter}" for letter in "abcdefgh"]
    exclusions = make_exclusions([*reasons, "reason c", "no T1w image"])
    exclusions.loc[9, "scan_id"] = None
    subjects = read_table(study.path("preprocess/subjects.tsv")).assign(age=np.nan)
    texts = get_texts(plot_cohort(participants, scans, exclusions, subjects))
    (listed,) = [text for text in texts if text.startswith("9 left out")]
    assert listed.split("\n")[1].strip() == "2 reason c"
    assert f"{9 - 2 - (MOST_REASONS - 1)} for other reasons" in listed
    assert "none left out" in texts
    assert {"1 participant without a scan", f"{len(scans) + 9} found"} <= set(texts)
    assert "n/a" in texts


def test_no_text_lies_on_another(tmp_path, grid, brain):
    study = SyntheticStudy(tmp_path, grid, brain).write()
    participants, scans, subjects = (
        read_table(study.path(f"{name}.tsv")) for name in ("cohort/participants", "cohort/scans", "preprocess/subjects")
    )
    participants["group"] = participants["group"].replace({"AD": "Alzheimer's disease", "CN": "healthy control"})
    reasons = [
        f"reason {letter} that is so long that it needs more than the two lines of a short one" for letter in "abcdef"
    ]
    tables = [make_exclusions(reasons, stage) for stage in ("cohort", "preprocess")]
    without = make_exclusions(["no T1w image"], scan_id=None, participant_id="sub-x")
    with house_style():
        figure = plot_cohort(participants, scans, pd.concat([*tables, without]), subjects)
        figure.draw_without_rendering()
        boxes = [text.get_bbox_patch() or text for text in figure.axes[0].texts if text.get_text()]
        extents = [box.get_window_extent() for box in boxes]
    assert len(extents) == 3 + 1 + 2 + 2
    for place, extent in enumerate(extents):
        assert extent.x0 >= 0
        assert extent.y0 >= 0
        assert not [other for other in extents[:place] if extent.overlaps(other)]
