"""Which session is the first, and which names do not say it."""

import pytest

from relmaps.cohort.sessions import order_sessions

pytestmark = pytest.mark.fault


@pytest.mark.parametrize(
    "names",
    [
        ["1", "2", "10"],
        ["ses-01", "ses-02"],
        ["sc", "bl", "m06", "M12", "2y", "M120"],
        ["6mo", "M12", "year2"],
        ["baseline", "V01", "V02"],
        ["pre", "mid", "post", "post2"],
        ["test", "retest"],
        ["a", "b"],
        ["20051231", "20060418"],
        ["baselineYear1Arm1", "2YearFollowUpYArm1", "4YearFollowUpYArm1"],
        ["init", "followup1", "followup12"],
        ["alpha"],
        [""],
    ],
)
def test_names_that_say_their_order(names):
    assert order_sessions(names[::-1]) == names


@pytest.mark.parametrize(
    "names",
    [
        ["alpha", "beta"],  # words
        ["1", "m12"],  # two kinds
        ["t1", "v2"],
        ["1", "post"],
        ["1", "01"],  # one place
        ["bl", "pre"],
        ["m12", "y1x"],
        ["04182006", "04192005"],  # eight digits that are no date
        ["", "1"],
    ],
)
def test_names_that_do_not_say_their_order(names):
    assert order_sessions(names) is None
