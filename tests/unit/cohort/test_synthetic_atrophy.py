from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from relmaps.cohort.cohort import Cohort, Scan
from relmaps.cohort.sources import read_cohort
from relmaps.cohort.synthetic_atrophy import randomise_atrophy, randomise_labels
from relmaps.io.errors import UserError

ATROPHY = {"severity": 4.0, "severity_spread": 0.4, "seed": 1}
SETTINGS = {"labels": {"column": "group", "disease": "AD", "control": "CN"}, "synthetic_atrophy": ATROPHY}


def cohort(groups: str) -> Cohort:
    """One participant per letter, A with disease and C a control."""
    ids = [f"sub-{n:02d}" for n in range(len(groups))]
    people = pd.DataFrame(
        {
            "participant_id": ids,
            "group": [{"A": "AD", "C": "CN"}[g] for g in groups],
            "label": [g == "A" for g in groups],
        }
    ).astype({"label": int})
    left_out = [{"scan_id": None, "participant_id": "sub-99", "stage": "cohort", "reason": "no T1w image"}]
    return Cohort(people, [Scan(name, name, None, f"{name}.nii.gz") for name in ids], pd.DataFrame(left_out))


def test_half_of_the_controls_are_given_atrophy_and_all_others_left_out_with_a_reason():
    found = randomise_labels(cohort("ACCACCC"), SETTINGS)
    assert found.participants["participant_id"].tolist() == ["sub-01", "sub-02", "sub-04", "sub-05", "sub-06"]
    assert found.participants["label"].sum() == 2  # of an odd number one more stays control
    assert set(zip(found.participants["group"], found.participants["label"], strict=True)) == {
        ("synthetic_atrophy", 1),
        ("CN", 0),
    }
    assert [scan.scan_id for scan in found.scans] == found.participants["participant_id"].tolist()
    reasons = found.exclusions.set_index("participant_id")["reason"].to_dict()
    assert reasons.pop("sub-99") == "no T1w image"
    assert reasons == dict.fromkeys(["sub-00", "sub-03"], "not a control; synthetic atrophy is added to controls alone")


def test_labels_and_severities_belong_together_whatever_the_order():
    names = pd.Series([f"sub-{n:02d}" for n in range(40)])
    drawn = randomise_atrophy(names, ATROPHY)
    pd.testing.assert_frame_equal(drawn, randomise_atrophy(names[::-1], ATROPHY))
    assert (drawn["label"] == (drawn["severity_left"] > 0)).all()
    assert drawn["label"].sum() == 20
    assert not drawn.equals(randomise_atrophy(names, ATROPHY | {"seed": 2}))


def test_who_is_given_atrophy_does_not_depend_on_the_order_of_the_rows():
    one = cohort("ACCACCCCCCCAC")
    other = replace(one, participants=one.participants[::-1], scans=one.scans)
    pd.testing.assert_frame_equal(
        randomise_labels(one, SETTINGS).participants, randomise_labels(other, SETTINGS).participants
    )
    drawn = randomise_atrophy(randomise_labels(one, SETTINGS).participants["participant_id"], ATROPHY)
    found = randomise_labels(one, SETTINGS).participants
    assert found.set_index("participant_id")["label"].equals(drawn.set_index("participant_id")["label"])


def test_severity_has_its_median_and_spread_on_either_side_and_identifiers_tell_nothing():
    drawn = randomise_atrophy(pd.Series([f"sub-{n:04d}" for n in range(2000)]), ATROPHY)
    ill = drawn[drawn["label"] == 1]
    for side in ("severity_left", "severity_right"):
        assert ill[side].median() == pytest.approx(4, rel=0.05)
        assert np.log(ill[side]).std() == pytest.approx(0.4, rel=0.1)
    assert abs(np.corrcoef(ill["severity_left"], ill["severity_right"])[0, 1]) < 0.1
    assert abs(np.corrcoef(drawn["label"], np.arange(2000))[0, 1]) < 0.07


def test_a_disease_of_severity_0_still_has_two_groups():
    drawn = randomise_atrophy(pd.Series(["sub-1", "sub-2", "sub-3", "sub-4"]), ATROPHY | {"severity": 0.0})
    assert drawn["label"].sum() == 2
    assert (drawn[["severity_left", "severity_right"]] == 0).all().all()


def test_a_cohort_without_controls_is_an_error_that_names_the_key():
    with pytest.raises(UserError, match=r"cohort.synthetic_atrophy needs controls, but 1 scan\(s\) of group CN"):
        randomise_labels(cohort("AAC"), SETTINGS)


def test_the_controls_of_a_bids_folder_are_given_atrophy(tmp_path):
    rows = ["participant_id\tgroup"]
    for number, group in enumerate(["CN", "AD", "CN", "CN", "MCI", "CN"]):
        folder = tmp_path / f"sub-{number}" / "anat"
        folder.mkdir(parents=True)
        (folder / f"sub-{number}_T1w.nii.gz").touch()
        rows.append(f"sub-{number}\t{group}")
    (tmp_path / "participants.tsv").write_text("\n".join(rows) + "\n")
    settings = SETTINGS | {
        "covariates": {"age": None, "sex": None, "site": None},
        "bids": {"sessions": None, "runs": None, "acquisitions": None, "allow": None},
    }
    found = read_cohort("bids", str(tmp_path), settings)
    assert [scan.participant_id for scan in found.scans] == ["sub-0", "sub-2", "sub-3", "sub-5"]
    assert sorted(found.participants["group"]) == ["CN", "CN", "synthetic_atrophy", "synthetic_atrophy"]
    assert found.exclusions.set_index("participant_id")["reason"].to_dict() == {
        "sub-1": "not a control; synthetic atrophy is added to controls alone",
        "sub-4": "group is MCI",
    }
    as_it_is = read_cohort("bids", str(tmp_path), settings | {"synthetic_atrophy": None})
    assert sorted(as_it_is.participants["group"]) == ["AD", "CN", "CN", "CN", "CN"]
