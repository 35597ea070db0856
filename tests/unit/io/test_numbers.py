"""Numbers with typographic characters, and what is refused instead of guessed."""

import pytest

from relmaps.io.numbers import read_number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("71", 71.0),
        ("-4.5", -4.5),
        (" +.5 ", 0.5),
        ("3.", 3.0),
        ("1e-3", 0.001),
        ("\u221242", -42.0),
        ("\u201342.5", -42.5),
        ("\u2212\u00a042", -42.0),
        ("71,5", 71.5),
        ("0,125", 0.125),
        ("1234,567", 1234.567),
        ("\uff17\uff11\uff0e\uff15", 71.5),
        ("\uff0d\uff17", -7.0),
        ("\u0667\u0661", 71.0),
        ("1\u202f234.5", 1234.5),
        ("1\u00a0234\u00a0567", 1234567.0),
        ("1\u2019234,5", 1234.5),
        ("\u00a071\u202f", 71.0),
    ],
)
def test_typographic_characters_are_read(text, number):
    assert read_number(text) == number


@pytest.mark.parametrize(
    "text",
    ["", " ", "-", ".", "n/a", "nan", "inf", "1_000", "1 234", "1\u00a023", "1\u00a0234\u2019567", "10\u00b2", "\u00bd",
     "1.2.3", "89+", "0x1f", "1.234,5"],
)  # fmt: skip
def test_anything_else_is_no_number(text):
    with pytest.raises(ValueError, match="is not a number"):
        read_number(text)


def test_a_comma_that_may_be_either_sign_is_refused():
    with pytest.raises(ValueError, match=r"^'1,234' is 1234 or 1.234$"):
        read_number("1,234")


def test_a_number_beyond_floating_point_is_refused():
    with pytest.raises(ValueError, match=r"^'1e999' is too large for a number$"):
        read_number("1e999")
