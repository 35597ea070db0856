"""Age and sex as tables write them, and what is done with values that cannot be used."""

import json
import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sized
from pathlib import Path

import pandas as pd

from relmaps.cohort.identifiers import bids_identifier
from relmaps.io.errors import UserError
from relmaps.io.files import explain_missing
from relmaps.io.machine import raise_fault
from relmaps.io.numbers import MINUS, read_number

SEX = {"f": "f", "female": "f", "w": "f", "m": "m", "male": "m"}
SEX_WORDS = {"f": r"\b(female|woman|women|girl)s?\b", "m": r"\b(male|man|men|boy)s?\b"}  # in a description of a code
# What programs write for a missing value beside n/a.
MISSING = {"", "n/a", "na", "nan", "none", "null", "unknown", "?", "-", "."}
OLDEST = 120.0  # years
PER_YEAR = {"d": 365.25, "w": 365.25 / 7, "m": 12.0, "y": 1.0}

NUMBER = r"[0-9]+(?:[.,][0-9]+)?"
TOP_CODED = re.compile(rf"(?:>=?|\u2265)\s*({NUMBER})|({NUMBER})\s*\+")
RANGE = re.compile(rf"({NUMBER})\s*(?:[-{MINUS}]|to)\s*({NUMBER})")
DICOM_AGE = re.compile(r"([0-9]{3})([DWMY])")
WITH_UNIT = re.compile(rf"({NUMBER})\s*(y|m)(?:(?<=y)(?:o|r|rs|ears?)?(?:\s*old)?|(?<=m)onths?)", re.IGNORECASE)

RULES = {
    "age": f"an age is 0 to {OLDEST:g} years, such as 71, 71.5, 89+, 70-75 or 071Y",
    "sex": "a sex is f, m, female or male, or a code that the table's JSON sidecar explains under Levels",
}


def read_age(text: str) -> tuple[float, bool]:
    """Years, and whether they are exact.

    89+ and "> 89" are 89, the range 70-75 is its middle. A comma is a decimal sign. 071Y and 852M are DICOM's ages, and
    years may have their name behind them. Raises ValueError for anything else, and for what is not 0 to OLDEST years.
    """
    text = text.strip()
    exact = True
    if match := TOP_CODED.fullmatch(text):
        years, exact = _number(match[1] or match[2]), False
    elif match := RANGE.fullmatch(text):
        low, high = _number(match[1]), _number(match[2])
        if low > high:
            raise ValueError(f"{text!r} runs backwards")
        years, exact = (low + high) / 2, False
    elif match := DICOM_AGE.fullmatch(text) or WITH_UNIT.fullmatch(text):
        years = _number(match[1]) / PER_YEAR[match[2].lower()]
    else:
        years = _number(text)
    if not 0 <= years <= OLDEST:
        raise ValueError(f"{text!r} is not an age")
    return years, exact


def _number(text: str) -> float:
    return read_number(text.replace(",", "."))  # no age has thousands


def read_sex(text: str, levels: Mapping[str, str]) -> str:
    """f or m. levels : codes that the table's sidecar explains, as `read_levels` gives them. ValueError for others."""
    known = SEX | dict(levels)
    if text.strip().casefold() not in known:
        raise ValueError(f"{text!r} is not a sex")
    return known[text.strip().casefold()]


def read_levels(table: str | Path, column: str | None) -> dict[str, str]:
    """Code -> f or m, from the Levels of the column of sex in the JSON sidecar beside a table; {} without one.

    Raises UserError that names the sidecar if it is damaged or a link that leads nowhere.
    """
    path = find_sidecar(table)
    if column is None or path is None:
        return {}
    try:
        described = json.loads(path.read_text(encoding="utf-8-sig"))
        levels = described[column]["Levels"].items()
    except FileNotFoundError:
        raise UserError(f"{path}: {explain_missing(path)}") from None
    except (OSError, ValueError) as error:
        raise_fault(error, path)
        raise UserError(f"{path}: not a readable JSON file ({error}); correct it") from None
    except (KeyError, TypeError, AttributeError):
        return {}
    found = {code.strip().casefold(): [s for s in "fm" if _means(level, s)] for code, level in levels}
    return {code: sexes[0] for code, sexes in found.items() if len(sexes) == 1}


def find_sidecar(table: str | Path) -> Path | None:
    """The JSON file beside a table, such as participants.json; a link that leads nowhere counts."""
    path = Path(table).with_suffix(".json")
    return path if path.is_file() or path.is_symlink() else None


def _means(level: object, sex: str) -> bool:
    words = str(level).strip().casefold()
    return SEX.get(words) == sex or re.search(SEX_WORDS[sex], words) is not None


def read_covariates(
    people: pd.DataFrame, covariates: dict, levels: Mapping[str, str], where: str
) -> tuple[pd.DataFrame, list[str]]:
    """The people with age as a number and sex as f or m, and sentences on what was not plain; these name nobody.

    people : participant_id, and age and sex as text. covariates : of the configuration's `cohort`. A value that cannot
    be used raises UserError that names it and whose it is, unless allow_unreadable is true: then it is missing.
    """
    readers: dict[str, Callable] = {"age": read_age, "sex": lambda text: (read_sex(text, levels), True)}
    notes = []
    for name, read in readers.items():
        values: list[object] = []
        unread, inexact = defaultdict(list), defaultdict(list)
        for participant_id, written in zip(people["participant_id"], people[name], strict=True):
            text, value = "" if pd.isna(written) else str(written).strip(), None
            if text.casefold() not in MISSING:
                try:
                    value, exact = read(text)
                    if not exact:
                        inexact[f"{text!r} as {value:g}"].append(participant_id)
                except ValueError:
                    unread[repr(text)].append(participant_id)
            values.append(value)
        if unread and not covariates["allow_unreadable"]:
            column = covariates[name] or name
            raise UserError(
                f"{where}: column {column} has values that cannot be used: {_whose(unread)}; {RULES[name]}; correct "
                "them, write n/a, or set cohort.covariates.allow_unreadable to true, which counts them as missing"
            )
        if inexact:
            notes.append(f"The {name} of {count_people(inexact)} is not exact: {list_values(inexact)}.")
        if unread:
            what = f"The {name} of {count_people(unread)} cannot be used and counts as missing"
            notes.append(f"{what}: {list_values(_hide_identifiers(unread))}.")
        dtype = float if name == "age" else object
        people = people.assign(**{name: pd.Series(values, index=people.index, dtype=dtype)})
    return people, notes


def count_people(found: Mapping[str, Sized]) -> str:
    """How many participants there are under all values."""
    n = sum(map(len, found.values()))
    return "1 participant" if n == 1 else f"{n} participants"


def list_values(found: Mapping[str, Sized], most: int = 8) -> str:
    """Each value and how many participants have it, without a name: '89+' (2), '999' (1)."""
    shown = [f"{text} ({len(whose)})" for text, whose in found.items()]
    return ", ".join(shown[:most]) + (f" and {len(shown) - most} other values" if len(shown) > most else "")


def _hide_identifiers(found: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """The same without a value that is the identifier itself, because the wrong column was named."""
    shown = defaultdict(list)
    for text, whose in found.items():
        for participant_id in whose:
            is_identifier = bids_identifier(text.strip("'")) == participant_id
            shown["an identifier" if is_identifier else text].append(participant_id)
    return shown


def _whose(found: Mapping[str, list[str]], most: int = 8) -> str:
    shown = [f"{text} ({participant_id})" for text, whose in found.items() for participant_id in whose]
    return ", ".join(shown[:most]) + (f" and {len(shown) - most} more" if len(shown) > most else "")
