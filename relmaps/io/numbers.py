"""Numbers as people and typesetting programs write them."""

import re
import unicodedata

MINUS = "\u2212\u2010\u2011\u2012\u2013\u2014\ufe63\uff0d"  # minus sign, hyphens and dashes
NO_BREAK = "\u00a0\u202f\u2007\u2009"  # spaces that typesetting puts between groups of three digits
APOSTROPHES = "\u2019'\u02bc"
# Thousands have a separator of their own. A plain space has none: it may stand between two numbers.
NUMBER = re.compile(
    rf"(?P<sign>[+-]?)[ {NO_BREAK}]*"
    rf"(?P<whole>[0-9]{{1,3}}(?:(?P<group>[{NO_BREAK}{APOSTROPHES}])[0-9]{{3}})(?:(?P=group)[0-9]{{3}})*|[0-9]*)"
    r"(?P<fraction>(?:[.,][0-9]*)?)(?P<exponent>(?:[eE][+-]?[0-9]+)?)"
)
AMBIGUOUS = re.compile(r"[1-9][0-9]{0,2},[0-9]{3}")


def read_number(text: str) -> float:
    """Read one finite number, also with typographic characters.

    Read are any dash as the minus sign, digits of any script such as full-width ones, a decimal comma, and groups of
    three digits apart by a non-breaking or thin space or by an apostrophe. White space around the number is dropped.
    Raises ValueError for anything else, and for 1,234, which is 1.234 or 1234.
    """
    plain = "".join(map(_translate, text)).strip()
    match = NUMBER.fullmatch(plain)
    if match is None or not re.search("[0-9]", match["whole"] + match["fraction"]):
        raise ValueError(f"{text!r} is not a number")
    whole = re.sub("[^0-9]", "", match["whole"])
    if AMBIGUOUS.fullmatch(match["whole"] + match["fraction"]):
        raise ValueError(f"{text!r} is {whole}{match['fraction'][1:]} or {whole}.{match['fraction'][1:]}")
    number = float(f"{match['sign']}{whole}{match['fraction'].replace(',', '.')}{match['exponent']}")
    if number in (float("inf"), float("-inf")):
        raise ValueError(f"{text!r} is too large for a number")
    return number


def _translate(character: str) -> str:
    """The plain character for a typographic one. Superscripts stay, because 10\u00b2 is not 102."""
    if character in MINUS:
        return "-"
    if character in "\uff0e\uff0c\uff0b":
        return chr(ord(character) - 0xFEE0)
    digit = unicodedata.decimal(character, None)
    return character if digit is None else str(digit)
