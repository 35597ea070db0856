"""Figures and tables under their numbers in the paper."""

import re
from collections.abc import Mapping
from typing import Protocol


class Numbered(Protocol):
    """A record with a number, such as 2, 5a or S1; None leaves it out of the paper."""

    @property
    def number(self) -> str | None: ...


def by_number(records: Mapping[str, Numbered]) -> dict[str, str]:
    """Number -> name, in the order of a paper: 1, 2, 5a, 5b, 10, S1."""
    numbered = {record.number: name for name, record in records.items() if record.number is not None}
    return {number: numbered[number] for number in sorted(numbered, key=_place)}


def _place(number: str) -> tuple[bool, int, str]:
    return "S" in number, int(re.sub(r"\D", "", number)), number
