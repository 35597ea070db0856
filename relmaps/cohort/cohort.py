"""What every source of scans delivers: who takes part, with which scan, and why others were left out.

Used while Snakemake plans and again when the tables are written, so that both see the same scans; so nothing heavy is
imported, and only names of files and tables are read.
"""

import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sized
from dataclasses import dataclass, field

import pandas as pd

from relmaps.cohort.covariates import count_people, list_values, read_covariates
from relmaps.cohort.identifiers import simplify_group, simplify_identifier
from relmaps.io.errors import UserError
from relmaps.io.files import explain_missing

EXCLUSION_COLUMNS = ["scan_id", "participant_id", "stage", "reason"]


@dataclass(frozen=True)
class Scan:
    """A raw T1 scan. scan_id is its BIDS name up to the suffix, such as sub-01_ses-02.

    path : a NIfTI file, or a folder with the DICOM files of one series.
    """

    scan_id: str
    participant_id: str
    session_id: str | None
    path: str


@dataclass(frozen=True)
class Cohort:
    """participants, exclusions : tables of the schemas of that name. scans : one per participant, sorted by scan_id.

    notes : sentences on what the tables and names had that was not plain. They give numbers and values and name nobody.
    """

    participants: pd.DataFrame
    scans: list[Scan]
    exclusions: pd.DataFrame
    notes: list[str] = field(default_factory=list)


def exclusion(reason: str, participant_id: str | None, scan_id: str | None = None) -> dict:
    """A row of exclusions.tsv of the cohort stage."""
    return {"scan_id": scan_id, "participant_id": participant_id, "stage": "cohort", "reason": reason}


def assemble(
    people: pd.DataFrame,
    candidates: dict[str, list[Scan]],
    settings: dict,
    excluded: list[dict],
    where: str,
    levels: Mapping[str, str] | None = None,
    notes: Iterable[str] = (),
) -> Cohort:
    """One scan for each participant of the two groups, the first of the candidates; a reason for everything else.

    people : of `make_people`, participant_id unique. candidates : participant_id -> scans in order of preference.
    settings : the configuration's `cohort`. excluded, notes : rows and sentences on what the source has left out
    itself. where : what the source is called in errors, such as "input /data/bids". levels : codes of sex, as
    `read_levels` gives them. Raises UserError if nobody is left, or for an age or sex that cannot be used.
    """
    labels, notes = settings["labels"], list(notes)
    explained = {row["participant_id"] for row in excluded}
    excluded, candidates = list(excluded), dict(candidates)
    wanted = [labels["disease"], labels["control"]]
    near_groups: dict[str, list[str]] = defaultdict(list)
    with_scan, without_scan = _near_identifiers(candidates, people["participant_id"])
    scans = []
    for participant_id, group in zip(people["participant_id"], people["group"], strict=True):
        own = candidates.pop(participant_id, [])
        why_not = None
        if pd.isna(group):
            why_not = f"no value in column {labels['column']}"
        elif group not in wanted:
            why_not = explain_group(group, labels)
            if near := find_near_group(group, labels):
                near_groups[f"{group!r} for {near}"].append(participant_id)
        if not (why_not or own) and participant_id in explained:
            continue
        if why_not or not own:
            scan_ids: list[str | None] = [scan.scan_id for scan in own]
            near_id = without_scan.get(participant_id)
            why_not = why_not or f"no T1w image{f'; {near_id} has one: write the same identifier' if near_id else ''}"
            excluded += [exclusion(why_not, participant_id, scan_id) for scan_id in scan_ids or [None]]
        elif not os.path.exists(own[0].path):  # unlike Path.exists it is false for a name that no file can have
            why_not = f"{own[0].path}: {explain_missing(own[0].path)}"
            excluded.append(exclusion(why_not, participant_id, own[0].scan_id))
            taken = "the participant's first scan is missing"
            excluded += [exclusion(taken, participant_id, other.scan_id) for other in own[1:]]
        else:
            scans.append(own[0])
            taken = f"one scan per participant: {own[0].scan_id} is taken"
            excluded += [exclusion(taken, participant_id, other.scan_id) for other in own[1:]]
    for participant_id, own in candidates.items():
        near_id = with_scan.get(participant_id)
        why_not = f"not in participants.tsv{f', which has {near_id}; write the same identifier' if near_id else ''}"
        excluded += [exclusion(why_not, participant_id, scan.scan_id) for scan in own]
    if not scans:
        reasons = Counter(row["reason"] for row in excluded).most_common(1)
        raise UserError(
            f"{where}: no T1w scan of a participant whose {labels['column']} is {labels['disease']} or "
            f"{labels['control']}; check cohort.labels and the data"
            + "".join(f" (most often: {reason})" for reason, _ in reasons)
        )
    people = people[people["participant_id"].isin({scan.participant_id for scan in scans})].reset_index(drop=True)
    people, of_covariates = read_covariates(people, settings["covariates"], levels or {}, where)
    people.insert(2, "label", (people["group"] == labels["disease"]).astype(int))
    notes += note_near_groups(near_groups, labels)
    if without_scan:
        notes.append(
            f"{len(without_scan)} participant(s) of the table have no scan, but a scan has nearly the same identifier, "
            "such as one with other zeros or case."
        )
    notes += [*_note_twins(people["participant_id"]), *_note_sessions(scans), *of_covariates]
    return Cohort(
        people, sorted(scans, key=lambda scan: scan.scan_id), pd.DataFrame(excluded, columns=EXCLUSION_COLUMNS), notes
    )


def find_near_group(group: str | None, labels: dict) -> str | None:
    """The study's group that another one nearly is, such as AD for ad; None for the study's own groups."""
    wanted = [labels["disease"], labels["control"]]
    if group is None or group in wanted:
        return None
    return next((label for label in wanted if simplify_group(label) == simplify_group(group)), None)


def explain_group(group: str, labels: dict) -> str:
    """Why a group is left out: "diagnosis is MCI", or that it is nearly one of the study's groups."""
    near = find_near_group(group, labels)
    if near is None:
        return f"{labels['column']} is {group}"
    return f"{labels['column']} is {group!r}, nearly {near}: correct it or set cohort.labels"


def note_near_groups(near: Mapping[str, Sized], labels: dict) -> list[str]:
    """A sentence on groups that nearly are those of the study. near : such as "'ad' for AD" -> participants."""
    if not near:
        return []
    what = f"left out, or some of their images, because their {labels['column']} is nearly a group of the study"
    return [f"{count_people(near)}: {what}: {list_values(near)}."]


def _near_identifiers(with_scan: Iterable[str], in_table: Iterable[str]) -> tuple[dict[str, str], dict[str, str]]:
    """Who of the scans is in the table under a similar identifier alone, and the other way round."""
    with_scan, in_table = set(with_scan), set(in_table)
    pairs = [
        [(one, other) for one in lacking for other in known.get(simplify_identifier(one), [])]
        for lacking, known in (
            (with_scan - in_table, _by_simple_form(in_table - with_scan)),
            (in_table - with_scan, _by_simple_form(with_scan - in_table)),
        )
    ]
    return dict(pairs[0]), dict(pairs[1])


def _by_simple_form(identifiers: Iterable[str]) -> dict[str, list[str]]:
    """What `simplify_identifier` makes of identifiers -> these, sorted."""
    found: dict[str, list[str]] = defaultdict(list)
    for identifier in sorted(identifiers):
        found[simplify_identifier(identifier)].append(identifier)
    return found


def _note_twins(identifiers: Iterable[str]) -> list[str]:
    """A sentence if two participants may be one person."""
    n = sum(len(similar) for similar in _by_simple_form(identifiers).values() if len(similar) > 1)
    what = "participants have identifiers that differ in zeros or case alone: check that they are different people"
    return [f"{n} {what}."] if n else []


def _note_sessions(scans: list[Scan]) -> list[str]:
    """A sentence if not all participants are taken at a session of the same name."""
    names = Counter(scan.session_id.removeprefix("ses-") if scan.session_id else "none" for scan in scans)
    if len(names) < 2:
        return []
    return [f"The scans are of different sessions: {list_values({name: range(n) for name, n in names.most_common()})}."]


def make_people(table: pd.DataFrame, identifiers: pd.Series, labels: dict, covariates: dict) -> pd.DataFrame:
    """participant_id, group, age, sex and site of each row of a source's table, as written; n/a stays missing.

    identifiers : participant_id of each row, already in the form sub-<letters and digits>.
    labels : column, disease, control. covariates : columns of age, sex and site, or None.
    """
    age, sex, site = (covariates[name] for name in ("age", "sex", "site"))
    people = pd.DataFrame({"participant_id": identifiers, "group": table[labels["column"]]})
    for name, column in (("age", age), ("sex", sex), ("site", site)):
        people[name] = table[column] if column else None
    return people
