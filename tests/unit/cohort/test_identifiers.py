import pytest

from relmaps.cohort.identifiers import read_identifier, simplify_group, simplify_identifier
from relmaps.io.errors import UserError


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("sub-0050772", "sub-50772", True),
        ("sub-AB01", "sub-ab1", True),
        ("sub-01_ses-01", "sub-1_ses-1", True),
        ("sub-10", "sub-1", False),
        ("sub-100", "sub-10", False),
        ("sub-0", "sub-00", True),
    ],
)
def test_identifiers_are_near_where_case_or_zeros_differ(one, other, same):
    assert (simplify_identifier(one) == simplify_identifier(other)) is same


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [("AD", "a d", True), ("early-MCI", "Early_MCI", True), ("1", "1.0", True), ("01", "1", True), ("0", "1", False),
     ("AD", "AD2", False), ("0", "0.0", True)],
)  # fmt: skip
def test_groups_are_near_where_case_spaces_or_zeros_differ(one, other, same):
    assert (simplify_group(one) == simplify_group(other)) is same


def test_a_number_with_decimals_is_no_identifier():
    assert read_identifier("002_S_0295", "x") == "sub-002S0295"
    assert read_identifier("1.23", "x") == "sub-123"  # site and number
    with pytest.raises(UserError, match=r"^x: identifier '12\.0' is a number to a spreadsheet; write "):
        read_identifier("12.0", "x")
