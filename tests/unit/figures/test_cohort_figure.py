import numpy as np
import pandas as pd
import pytest
from matplotlib.text import Text

from relmaps.figures.cohort import MOST_REASONS, count_reasons, draw_cohort, plain_reason
from relmaps.tables import read_table
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
            "similarity 0.41 to the template is below 0.6: registration failed",
            "similarity to the template is below 0.6: registration failed",
        ),
        ("one scan per participant: sub-07_ses-1 is taken", "one scan per participant: … is taken"),
        ("no scan of 07 in /data/bids/07", "no scan of … in the file"),
        ("diagnosis is MCI", "diagnosis is MCI"),
        (np.nan, "no reason given"),
    ],
)
def test_reasons_name_nobody_and_no_file(reason, plain):
    assert plain_reason(reason, "sub-07", "sub-07_ses-2") == plain


def test_equal_reasons_with_other_values_are_counted_together():
    reasons = [f"similarity 0.{n} to the template is below 0.6" for n in (41, 52)]
    table = pd.DataFrame(
        {"scan_id": ["a", None], "participant_id": ["sub-a", "sub-b"], "stage": "preprocess", "reason": reasons}
    )
    assert count_reasons(table, "preprocess") == {"similarity to the template is below 0.6": 2}
    assert count_reasons(table, "cohort") == {}


def texts_of(figure):
    return [text.get_text() for text in figure.findobj(Text)]


def test_flow_adds_up(tmp_path, grid, brain):
    study = SyntheticStudy(tmp_path, grid, brain, n_scans=9).write()
    tables = [read_table(study.path(f"cohort/{name}.tsv")) for name in ("participants", "scans", "exclusions")]
    texts = texts_of(draw_cohort(*tables, read_table(study.path("preprocess/subjects.tsv"))))
    for expected in ("9 found", "8 for preprocessing", "7 used", "3 AD", "4 CN"):
        assert expected in texts
    assert not [text for text in texts if "sub-" in text]


def test_many_reasons_are_cut_short_and_missing_ages_said(tmp_path, grid, brain):
    study = SyntheticStudy(tmp_path, grid, brain).write()
    participants, scans = (read_table(study.path(f"cohort/{name}.tsv")) for name in ("participants", "scans"))
    reasons = [f"reason {letter}" for letter in "abcdefgh"]
    exclusions = pd.DataFrame(
        {"scan_id": None, "participant_id": None, "stage": "cohort", "reason": [*reasons, "reason c"]}
    )
    subjects = read_table(study.path("preprocess/subjects.tsv")).assign(age=np.nan)
    texts = texts_of(draw_cohort(participants, scans, exclusions, subjects))
    (listed,) = [text for text in texts if text.startswith("9 left out")]
    assert listed.split("\n")[1].strip() == "2 reason c"
    assert f"{9 - 2 - (MOST_REASONS - 1)} for other reasons" in listed
    assert "none left out" in texts
    assert "n/a" in texts
