"""Ages and sexes in the notations of real tables."""

import pytest

from relmaps.cohort.covariates import read_age, read_levels, read_sex

pytestmark = pytest.mark.fault

EXACT = {"71": 71, "71.5": 71.5, "71,5": 71.5, "71,500": 71.5, "071Y": 71, "852M": 71, "71 years": 71, "71y": 71}
EXACT |= {"71 yrs old": 71, "852 months": 71, "\uff17\uff11": 71, "0": 0, "120": 120}
INEXACT = {"89+": 89, "> 89": 89, ">=89": 89, "\u2265 89": 89, "70-75": 72.5, "70\u201375": 72.5, "70 to 75": 72.5}


@pytest.mark.parametrize(("text", "years"), [*EXACT.items(), *INEXACT.items()])
def test_usual_notations_of_age_are_read(text, years):
    assert read_age(text) == (years, text in EXACT)


@pytest.mark.parametrize(
    "text", ["-4", "999", "inf", "nan", "1945", "75-70", "1945-03-02", "< 18", "71 m", "120.5", "old", "71;5"]
)
def test_what_is_no_age_is_refused(text):
    with pytest.raises(ValueError, match=r"not a|backwards"):
        read_age(text)


def test_sex_is_read_in_any_case_and_codes_by_their_explanation():
    assert [read_sex(text, {}) for text in ("F", " female", "w", "M", "Male")] == ["f", "f", "f", "m", "m"]
    assert read_sex("0", {"0": "f"}) == "f"
    for text in ("0", "1", "2", "other"):
        with pytest.raises(ValueError, match="is not a sex"):
            read_sex(text, {})


@pytest.mark.parametrize(
    ("content", "levels"),
    [
        ('{"sex": {"Levels": {"1": "M", "2": "female participants", "3": "other"}}}', {"1": "m", "2": "f"}),
        ('{"sex": {"Levels": {"1": "male or female"}}}', {}),
        ('{"sex": {"Description": "1 male"}}', {}),
        ('{"sex": {"Levels": ["m", "f"]}}', {}),
        ("[]", {}),
    ],
)
def test_levels_are_those_that_mean_one_sex(tmp_path, content, levels):
    (tmp_path / "participants.json").write_text(content)
    assert read_levels(tmp_path / "participants.tsv", "sex") == levels
