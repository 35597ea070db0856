"""Which scans of a BIDS dataset a study takes, and why it leaves the others.

Used while Snakemake plans and again when the tables are written, so that both see the same scans.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from relmaps.errors import UserError
from relmaps.tables import read_table

SEX = {"f": "f", "female": "f", "w": "f", "m": "m", "male": "m"}


@dataclass(frozen=True)
class Scan:
    """A raw T1 scan. scan_id is its BIDS name up to the suffix, such as sub-01_ses-02."""

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


def read_dataset(root: str | Path, labels: dict, covariates: dict) -> Cohort:
    """The study's participants and scans of a BIDS dataset.

    labels : column, disease and control. covariates : columns of age and sex, or None.
    One T1w image per participant is taken, the first by session and name. Raises UserError that names the folder, file
    or column; a participant or scan that is left out gets a row with its reason instead.
    """
    root = Path(root)
    if not root.is_dir():
        raise UserError(f"input {root}: no such folder; give the BIDS dataset's folder, --config input=FOLDER")
    people = _participants(root / "participants.tsv", labels, covariates)
    found = _find_scans(root)
    excluded = []

    def exclude(reason: str, participant_id: str, scan_id: str | None = None) -> None:
        excluded.append({"scan_id": scan_id, "participant_id": participant_id, "stage": "cohort", "reason": reason})

    wanted = {labels["disease"], labels["control"]}
    scans = []
    for participant_id, group in zip(people["participant_id"], people["group"], strict=True):
        own = found.pop(participant_id, [])
        if pd.isna(group):
            exclude(f"no value in column {labels['column']}", participant_id, own[0].scan_id if own else None)
        elif group not in wanted:
            exclude(f"{labels['column']} is {group}", participant_id, own[0].scan_id if own else None)
        elif not own:
            exclude("no T1w image", participant_id)
        elif not Path(own[0].path).exists():
            exclude(f"{own[0].path}: the link leads nowhere; fetch the file", participant_id, own[0].scan_id)
        else:
            scans.append(own[0])
            for other in own[1:]:
                exclude(f"one scan per participant: {own[0].scan_id} is taken", participant_id, other.scan_id)
    for participant_id, own in found.items():
        for scan in own:
            exclude("not in participants.tsv", participant_id, scan.scan_id)
    if not scans:
        raise UserError(
            f"input {root}: no T1w scan of a participant whose {labels['column']} is "
            f"{labels['disease']} or {labels['control']}; check cohort.labels and the folder"
        )
    taken = {scan.participant_id for scan in scans}
    people = people[people["participant_id"].isin(taken)].reset_index(drop=True)
    people.insert(2, "label", (people["group"] == labels["disease"]).astype(int))
    columns = ["scan_id", "participant_id", "stage", "reason"]
    return Cohort(people, sorted(scans, key=lambda scan: scan.scan_id), pd.DataFrame(excluded, columns=columns))


def _participants(path: Path, labels: dict, covariates: dict) -> pd.DataFrame:
    """participant_id, group, age, sex of every row; UserError for an identifier that is odd or stands twice."""
    wanted = [labels["column"], *filter(None, covariates.values())]
    table = read_table(path, required=("participant_id", *wanted), text=(labels["column"],))
    identifiers = table["participant_id"].fillna("")
    identifiers = identifiers.where(identifiers.str.startswith("sub-"), "sub-" + identifiers)
    odd = identifiers[~identifiers.str.fullmatch(r"sub-[A-Za-z0-9]+")]
    if len(odd):
        raise UserError(f"{path}: participant_id {odd.iloc[0]!r} is not sub- with letters and digits; rename it")
    twice = identifiers[identifiers.duplicated()]
    if len(twice):
        raise UserError(f"{path}: participant {twice.iloc[0]} stands twice; keep one row per participant")
    group = table[labels["column"]]
    people = pd.DataFrame({"participant_id": identifiers, "group": group})
    age, sex = covariates["age"], covariates["sex"]
    people["age"] = pd.to_numeric(table[age], errors="coerce") if age else float("nan")
    people["sex"] = table[sex].astype(str).str.strip().str.lower().map(SEX) if sex else None
    return people


def _find_scans(root: Path) -> dict[str, list[Scan]]:
    """Participant -> T1w images, in order of session and name."""
    found: dict[str, list[Scan]] = {}
    paths = [
        path
        for pattern in ("sub-*/anat/*_T1w.nii*", "sub-*/ses-*/anat/*_T1w.nii*")
        for path in root.glob(pattern)
        if path.name.endswith((".nii", ".nii.gz"))
    ]
    for path in sorted(paths):
        scan_id = re.sub(r"_T1w\.nii(\.gz)?$", "", path.name)
        participant_id = path.relative_to(root).parts[0]
        if not re.fullmatch(rf"{participant_id}(_[a-z]+-[A-Za-z0-9]+)*", scan_id):
            raise UserError(f"{path}: not a BIDS name of {participant_id}; rename it to {participant_id}_T1w.nii.gz")
        session = re.search(r"_(ses-[A-Za-z0-9]+)", scan_id)
        scan = Scan(scan_id, participant_id, session[1] if session else None, str(path))
        found.setdefault(participant_id, []).append(scan)
    return found
