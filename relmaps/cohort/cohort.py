"""What every source of scans delivers: who takes part, with which scan, and why others were left out.

Used while Snakemake plans and again when the tables are written, so that both see the same scans; so nothing heavy is
imported, and only names of files and tables are read.
"""

import os
import re
from collections import Counter
from dataclasses import dataclass

import pandas as pd

from relmaps.io.errors import UserError

SEX = {"f": "f", "female": "f", "w": "f", "m": "m", "male": "m"}
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
    """participants, exclusions : tables of the schemas of that name. scans : one per participant, sorted by scan_id."""

    participants: pd.DataFrame
    scans: list[Scan]
    exclusions: pd.DataFrame


def exclusion(reason: str, participant_id: str | None, scan_id: str | None = None) -> dict:
    """A row of exclusions.tsv of the cohort stage."""
    return {"scan_id": scan_id, "participant_id": participant_id, "stage": "cohort", "reason": reason}


def assemble(
    people: pd.DataFrame, candidates: dict[str, list[Scan]], labels: dict, excluded: list[dict], where: str
) -> Cohort:
    """One scan for each participant of the two groups, the first of the candidates; a reason for everything else.

    people : participant_id (unique), group, age, sex, site. candidates : participant_id -> scans in order of
    preference. labels : column, disease, control. excluded : rows for what the source has left out itself.
    where : what the source is called in errors, such as "input /data/bids". Raises UserError if nobody is left.
    """
    explained = {row["participant_id"] for row in excluded}
    excluded, candidates = list(excluded), dict(candidates)
    wanted = {labels["disease"], labels["control"]}
    scans = []
    for participant_id, group in zip(people["participant_id"], people["group"], strict=True):
        own = candidates.pop(participant_id, [])
        why_not = None
        if pd.isna(group):
            why_not = f"no value in column {labels['column']}"
        elif group not in wanted:
            why_not = f"{labels['column']} is {group}"
        if not (why_not or own) and participant_id in explained:
            continue
        if why_not or not own:
            scan_ids: list[str | None] = [scan.scan_id for scan in own]
            why_not = why_not or "no T1w image"
            excluded += [exclusion(why_not, participant_id, scan_id) for scan_id in scan_ids or [None]]
        elif not os.path.exists(own[0].path):  # unlike Path.exists it is false for a name that no file can have
            why_not = "the link leads nowhere; fetch the file" if os.path.islink(own[0].path) else "no such file"
            excluded.append(exclusion(f"{own[0].path}: {why_not}", participant_id, own[0].scan_id))
            taken = "the participant's first scan is missing"
            excluded += [exclusion(taken, participant_id, other.scan_id) for other in own[1:]]
        else:
            scans.append(own[0])
            taken = f"one scan per participant: {own[0].scan_id} is taken"
            excluded += [exclusion(taken, participant_id, other.scan_id) for other in own[1:]]
    for participant_id, own in candidates.items():
        excluded += [exclusion("not in participants.tsv", participant_id, scan.scan_id) for scan in own]
    if not scans:
        reasons = Counter(row["reason"] for row in excluded).most_common(1)
        raise UserError(
            f"{where}: no T1w scan of a participant whose {labels['column']} is {labels['disease']} or "
            f"{labels['control']}; check cohort.labels and the data"
            + "".join(f" (most often: {reason})" for reason, _ in reasons)
        )
    people = people[people["participant_id"].isin({scan.participant_id for scan in scans})].reset_index(drop=True)
    people.insert(2, "label", (people["group"] == labels["disease"]).astype(int))
    return Cohort(
        people, sorted(scans, key=lambda scan: scan.scan_id), pd.DataFrame(excluded, columns=EXCLUSION_COLUMNS)
    )


def make_people(table: pd.DataFrame, identifiers: pd.Series, labels: dict, covariates: dict) -> pd.DataFrame:
    """participant_id, group, age, sex and site of each row of a source's table; n/a stays missing.

    identifiers : participant_id of each row, already in the form sub-<letters and digits>.
    labels : column, disease, control. covariates : columns of age, sex and site, or None.
    """
    age, sex, site = (covariates[name] for name in ("age", "sex", "site"))
    people = pd.DataFrame({"participant_id": identifiers, "group": table[labels["column"]]})
    people["age"] = pd.to_numeric(table[age], errors="coerce") if age else float("nan")
    people["sex"] = table[sex].astype(str).str.strip().str.lower().map(SEX) if sex else None
    people["site"] = table[site] if site else None
    return people


def bids_identifier(text: str) -> str:
    """sub-<letters and digits> of any identifier: 002_S_0295 becomes sub-002S0295. Empty if nothing is left."""
    kept = re.sub(r"[^A-Za-z0-9]", "", str(text).strip().removeprefix("sub-"))
    return f"sub-{kept}" if kept else ""
