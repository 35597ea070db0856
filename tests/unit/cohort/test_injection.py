import pandas as pd
import pytest

from relmaps.cohort.cohort import Cohort, Scan
from relmaps.cohort.injection import draw_injection, inject_labels
from relmaps.errors import UserError

INJECTION = {"severity": 4.0, "severity_spread": 0.4, "seed": 1}
SETTINGS = {"labels": {"column": "group", "disease": "AD", "control": "CN"}, "inject_atrophy": INJECTION}


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


def test_half_of_the_controls_are_injected_and_all_others_left_out_with_a_reason():
    found = inject_labels(cohort("ACCACCC"), SETTINGS)
    assert found.participants["participant_id"].tolist() == ["sub-01", "sub-02", "sub-04", "sub-05", "sub-06"]
    assert found.participants["label"].sum() == 2  # of an odd number one more stays control
    assert set(zip(found.participants["group"], found.participants["label"], strict=True)) == {
        ("injected", 1),
        ("CN", 0),
    }
    assert [scan.scan_id for scan in found.scans] == found.participants["participant_id"].tolist()
    reasons = found.exclusions.set_index("participant_id")["reason"].to_dict()
    assert reasons.pop("sub-99") == "no T1w image"
    assert reasons == dict.fromkeys(["sub-00", "sub-03"], "not a control; atrophy is injected into controls alone")


def test_labels_and_severities_belong_together_whatever_the_order():
    names = pd.Series([f"sub-{n:02d}" for n in range(40)])
    drawn = draw_injection(names, INJECTION)
    pd.testing.assert_frame_equal(drawn, draw_injection(names[::-1], INJECTION))
    assert (drawn["label"] == (drawn["severity_left"] > 0)).all()
    assert drawn["label"].sum() == 20
    assert not drawn.equals(draw_injection(names, INJECTION | {"seed": 2}))


def test_a_disease_of_severity_0_still_has_two_groups():
    drawn = draw_injection(pd.Series(["sub-1", "sub-2", "sub-3", "sub-4"]), INJECTION | {"severity": 0.0})
    assert drawn["label"].sum() == 2
    assert (drawn[["severity_left", "severity_right"]] == 0).all().all()


def test_a_cohort_without_controls_is_an_error_that_names_the_key():
    with pytest.raises(UserError, match=r"cohort.inject_atrophy needs controls, but 1 scan\(s\) of group CN"):
        inject_labels(cohort("AAC"), SETTINGS)
