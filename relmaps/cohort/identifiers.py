"""Identifiers and groups as tables write them: what is the same, and what is nearly the same."""

import re
import unicodedata

from relmaps.io.errors import UserError

# What a spreadsheet makes of the identifiers 7 and 123456.
NUMBER = re.compile(r"[0-9]+[.,]0+|[0-9][.,][0-9]+[eE][+]?[0-9]+")


def bids_identifier(text: str) -> str:
    """sub-<letters and digits> of any identifier: 002_S_0295 becomes sub-002S0295. Empty if nothing is left."""
    kept = re.sub(r"[^A-Za-z0-9]", "", str(text).strip().removeprefix("sub-"))
    return f"sub-{kept}" if kept else ""


def read_identifier(text: str, where: str) -> str:
    """`bids_identifier` of a cell. UserError, which begins with `where`, for a number with decimals: 1.0 is not 10."""
    if NUMBER.fullmatch(text.strip().removeprefix("sub-")):
        raise UserError(f"{where}: identifier {text!r} is a number to a spreadsheet; write the column as text")
    return bids_identifier(text)


def simplify_identifier(text: str) -> str:
    """What identifiers of the same scan or participant have in common: sub-0050772 and SUB-50772 are 50772."""
    parts = re.sub(r"[^a-z0-9_-]", "", text.lower().removeprefix("sub-")).split("_")
    return "_".join(re.sub(r"(?<![0-9])0+(?=[0-9])", "", part) for part in parts)


def simplify_group(text: str) -> str:
    """What groups have in common that differ in case, spaces, dashes, zeros or decimals: A D and ad; 01, 1 and 1.0."""
    kept = re.sub(r"[\W_]", "", re.sub(r"[.,]0+\Z", "", unicodedata.normalize("NFKC", text).strip())).casefold()
    return kept.lstrip("0") or kept
