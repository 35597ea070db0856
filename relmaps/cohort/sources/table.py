"""Scans from a table with a row for each: NIfTI files (source `table`) or folders of one DICOM series (`dicom`)."""

import os
import re
from collections import Counter
from pathlib import Path

import pandas as pd

from relmaps.cohort.cohort import Cohort, Scan, assemble, exclusion, make_people
from relmaps.cohort.covariates import find_sidecar, read_levels
from relmaps.cohort.identifiers import read_identifier
from relmaps.cohort.sessions import order_sessions
from relmaps.io.errors import UserError
from relmaps.io.text_tables import read_text_table

DELIMITERS = {".csv": ",;\t", ".tsv": "\t,;"}  # spreadsheets write ; in a CSV where the comma is the decimal sign


def read_scan_table(path: str | Path, settings: dict) -> Cohort:
    """The study's participants and scans of a CSV or TSV file.

    settings : the configuration's `cohort`. Of a participant's rows the first with a usable path is taken, and its
    label and covariates with it. Relative paths start at the table's folder. Raises UserError that names the table, and
    the column, line or participant.
    """
    path = Path(path)
    labels, covariates = settings["labels"], settings["covariates"]
    columns = [*settings["table"].values(), labels["column"], *(covariates[name] for name in ("age", "sex", "site"))]
    table = _read_rows(path, list(dict.fromkeys(filter(None, columns))))
    scans = _scans(table, path, settings["table"])
    _check_labels(scans, table[labels["column"]], path)
    candidates: dict[str, list[Scan]] = {}
    excluded: list[dict] = []
    taken: dict = {}
    for row, scan in enumerate(scans):
        why_not = _why_not(scan.path, settings)
        if why_not:
            excluded.append(exclusion(why_not, scan.participant_id, scan.scan_id))
            taken.setdefault(scan.participant_id, row)
            continue
        if scan.participant_id not in candidates:
            taken[scan.participant_id] = row
        candidates.setdefault(scan.participant_id, []).append(scan)
    people = make_people(
        table.iloc[list(taken.values())].reset_index(drop=True), pd.Series(list(taken)), labels, covariates
    )
    levels, notes = read_levels(path, covariates["sex"]), _note_order(candidates)
    return assemble(people, candidates, settings, excluded, f"input {path}", levels, notes)


def list_tables(where: str, settings: dict) -> list[str]:
    """The table itself, and its sidecar if it is there."""
    return [where, *map(str, filter(None, [find_sidecar(where)]))]


def _note_order(candidates: dict[str, list[Scan]]) -> list[str]:
    """A sentence if rows, whose order counts, are not in the order of their sessions' names."""
    n = 0
    for scans in candidates.values():
        names = list(dict.fromkeys(scan.session_id for scan in scans if scan.session_id))
        n += (order_sessions(names) or names)[:1] != names[:1]
    what = "a row before that of the session that is the first by its name: the first row is taken"
    return [f"{n} participant(s) have {what}."] if n else []


def _read_rows(path: Path, columns: list[str]) -> pd.DataFrame:
    """The columns' text without spaces around it, None for n/a and empty cells; the index is the line in the file."""
    if os.path.isdir(path):
        raise UserError(f"input {path}: is a folder; give the table of scans, --config input=TABLE")
    if path.suffix.lower() not in DELIMITERS:
        raise UserError(f"input {path}: not a .csv or .tsv file; save the table as one of them")
    keys = "check cohort.table, cohort.labels and cohort.covariates"
    table = read_text_table(path, columns, DELIMITERS[path.suffix.lower()], if_no_column=keys)
    if table.empty:
        raise UserError(f"{path}: has no rows; give one for each scan")
    return table[columns]


def _scans(table: pd.DataFrame, path: Path, columns: dict) -> list[Scan]:
    """A scan per row; its path is empty where the table has none. UserError for identifiers that cannot be used."""
    scans: list[Scan] = []
    written: dict[str, str] = {}
    times: Counter[str] = Counter()
    sessions = table[columns["session"]] if columns["session"] else [None] * len(table)
    files = table[columns["path"]]
    for line, name, session, file in zip(table.index, table[columns["participant"]], sessions, files, strict=True):
        participant_id = read_identifier(name or "", f"{path}: line {line}")
        if not participant_id:
            wrong = "is empty" if name is None else f"is {name!r}, without letters and digits"
            raise UserError(f"{path}: line {line}: column {columns['participant']} {wrong}; name the participant")
        other = written.setdefault(participant_id, name)
        if other != name:
            raise UserError(f"{path}: participants {other!r} and {name!r} both become {participant_id}; rename one")
        session_id = None if session is None else _session_id(session, f"{path}: line {line}")
        scan_id = "_".join(filter(None, [participant_id, session_id]))
        times[scan_id] += 1
        scan_id += f"_run-{times[scan_id]}" if times[scan_id] > 1 else ""
        scans.append(Scan(scan_id, participant_id, session_id, "" if file is None else str(path.parent / file)))
    return scans


def _session_id(text: str, where: str) -> str:
    kept = re.sub(r"[^A-Za-z0-9]", "", text.removeprefix("ses-"))
    if not kept:
        raise UserError(f"{where}: session {text!r} has neither letters nor digits; rename it")
    return f"ses-{kept}"


def _check_labels(scans: list[Scan], groups: pd.Series, path: Path) -> None:
    """A participant may change group from session to session, but not have two groups at once."""
    known: dict[tuple, str] = {}
    for scan, group in zip(scans, groups, strict=True):
        before = known.setdefault((scan.participant_id, scan.session_id), group) if group is not None else None
        if before != group:
            when = f" in session {scan.session_id}" if scan.session_id else ""
            remedy = "correct one" if when else "correct one, or name the sessions' column in cohort.table.session"
            two = f"{groups.name} {before} and {group}"
            raise UserError(f"{path}: participant {scan.participant_id} has {two}{when}; {remedy}")


def _why_not(file: str, settings: dict) -> str | None:
    """Why a row's path cannot be taken, from what is there; a path that leads nowhere is told later."""
    if not file:
        return f"no path in column {settings['table']['path']}"
    if settings["source"] == "dicom" and os.path.isfile(file):
        return f"{file}: is a file; give the folder of a DICOM series, or set cohort.source to table"
    if settings["source"] != "dicom" and os.path.isdir(file):
        return f"{file}: is a folder; give a NIfTI file, or set cohort.source to dicom"
    return None
