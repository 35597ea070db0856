"""Which participants the study uses: those with a scan that passed every check."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from relmaps.cohort.identifiers import read_identifier, simplify_identifier
from relmaps.io.errors import UserError
from relmaps.io.text_tables import read_text_table

log = logging.getLogger("relmaps")

# Measure -> what a scan outside its limits most often has, what the measure is called, and its unit.
FAULTS = {
    "similarity": ("registration failed: ", "similarity to the template", ""),
    "tiv_ml": ("brain extraction failed: ", "total volume", " ml"),
    "brain_agreement": ("brain extraction is uncertain: ", "Dice of the masks by network and template", ""),
    "cut_share": ("part of the brain lies outside the image: ", "cut share of its surface", ""),
    "jacobian_min": ("implausible deformation: ", "smallest Jacobian", ""),
    "jacobian_max": ("implausible deformation: ", "largest Jacobian", ""),
    "wm_cv": ("uneven white matter after bias correction: ", "coefficient of variation", ""),
}

Limits = dict[str, list[float | None]]  # column of qc.tsv -> [lowest, highest] accepted value, None for no limit


def select_subjects(
    participants: pd.DataFrame,
    qc: pd.DataFrame,
    left_out: pd.DataFrame,
    exclude_on: Limits,
    on_bad_scan: str,
    listed: dict[str, str] | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The tables `subjects` and `exclusions`; every participant is in one of them, with one scan.

    left_out : rows of scans that the cohort stage did not take. listed : scan_id -> reason, of scans that are left out
    by decision, whatever the policy. Raises UserError with the whole list of bad scans under the policy `fail`, and
    under `exclude` if a group has nobody left.
    """
    listed = listed or {}
    bad = find_bad_scans(qc[~qc["scan_id"].isin(listed)], exclude_on)
    if bad and on_bad_scan == "fail":
        raise UserError(
            f"{len(bad)} scan(s) cannot be used and cohort.on_bad_scan is fail; mend or remove them, or set it to "
            f"exclude: {'; '.join(f'{scan_id}: {reason}' for scan_id, reason in bad.items())}"
        )
    reasons = bad | {scan_id: f"exclusion list: {reason}" for scan_id, reason in listed.items()}
    out = qc["scan_id"].isin(reasons)
    rejected = qc.loc[out, ["scan_id", "participant_id"]].assign(stage="preprocess")
    rejected["reason"] = rejected["scan_id"].map(reasons)
    exclusions = pd.concat([table for table in (left_out, rejected) if len(table)] or [rejected], ignore_index=True)
    good = qc.loc[~out, ["scan_id", "participant_id", "tiv_ml"]]
    subjects = participants.merge(good, on="participant_id", validate="one_to_one").sort_values("participant_id")
    _check_counts(participants, subjects, rejected)
    for label, group in ((1, "disease"), (0, "control")):
        if not (subjects["label"] == label).any():
            raise UserError(
                f"no {group} scan is left after exclusions; see preprocess/qc.tsv, cohort/left_out.tsv and "
                "cohort.exclusion_list"
            )
    return subjects.drop(columns="group"), exclusions


def find_bad_scans(qc: pd.DataFrame, exclude_on: Limits) -> dict[str, str]:
    """scan_id -> reason of the scans that failed, miss a gate or have another scan's content."""
    twins = _same_content(qc)
    bad = {}
    for row in qc.to_dict("records"):
        if row["status"] == "failed":
            bad[row["scan_id"]] = row["reason"]
        elif problems := [*twins.get(row["scan_id"], []), *_missed_gates(row, exclude_on)]:
            bad[row["scan_id"]] = "; ".join(problems)
    return bad


def _same_content(qc: pd.DataFrame) -> dict[str, list[str]]:
    """All scans with the same content are bad: nobody can tell whose scan it is, and a copy may land in a test fold."""
    known = qc[(qc["status"] == "ok") & qc["content"].notna()]
    twins = {}
    for _, scan_ids in known.groupby("content")["scan_id"]:
        for scan_id in scan_ids if len(scan_ids) > 1 else ():
            others = ", ".join(other for other in scan_ids if other != scan_id)
            twins[scan_id] = [f"same content as {others}: keep the right one"]
    return twins


def _missed_gates(row: dict, exclude_on: Limits) -> Iterator[str]:
    for measure, (low, high) in exclude_on.items():
        value = row[measure]
        if (low, high) == (None, None) or (measure == "brain_agreement" and row["method"] == "skull_stripped"):
            continue
        fault, name, unit = FAULTS.get(measure, ("", measure, ""))
        if pd.isna(value):
            yield f"{measure} is not known"
        elif low is not None and value < low:
            yield f"{fault}{name} {_written(value)}{unit} is below {_written(low)}"
        elif high is not None and value > high:
            yield f"{fault}{name} {_written(value)}{unit} is above {_written(high)}"


def _written(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def _check_counts(participants: pd.DataFrame, subjects: pd.DataFrame, rejected: pd.DataFrame) -> None:
    """A participant who is lost, or counted twice, is a defect of ours."""
    told = pd.concat([subjects["participant_id"], rejected["participant_id"]])
    if sorted(told) != sorted(participants["participant_id"]):
        wrong = sorted(set(participants["participant_id"]) ^ set(told)) or told[told.duplicated()].tolist()
        raise ValueError(f"neither used nor excluded, or both: {', '.join(wrong)}")


def read_exclusion_list(path: str | Path, qc: pd.DataFrame, left_out: pd.DataFrame) -> dict[str, str]:
    """scan_id -> reason of the scans of qc.tsv that a hand-kept list leaves out.

    A row names a scan by scan_id, all scans of a participant by participant_id, or both; other columns are notes. The
    list may be shared between studies, so a row that fits no scan of this one, used or left out before, is only logged.
    Raises UserError that names the line if a row has no reason, names no scan, or nearly names one.
    """
    names = ("scan_id", "participant_id")
    table = read_text_table(path, required=("reason",))
    keys = [name for name in names if name in table]
    if not keys:
        raise UserError(f"{path}: column scan_id or participant_id is missing; it has {', '.join(table.columns)}")
    table = read_text_table(path, required=(*keys, "reason"))  # none of them may stand twice
    known = pd.concat([qc[list(names)], left_out[list(names)]], ignore_index=True)
    listed: dict[str, str] = {}
    for line, row in table[[*keys, "reason"]].iterrows():
        if row.isna().all():
            continue
        where = f"{path}: line {line}"
        named = row[keys].dropna().to_dict()
        if "participant_id" in named:
            named["participant_id"] = read_identifier(named["participant_id"], where)
        if not named:
            raise UserError(f"{where} names no scan; fill scan_id or participant_id")
        who = " ".join(named.values())
        if pd.isna(row["reason"]):
            raise UserError(f"{where} ({who}) has no reason; say why it is left out")
        scans = known.loc[(known[list(named)] == pd.Series(named)).all(axis=1), "scan_id"]
        if scans.empty:
            _refuse_near_miss(named, known, where)
            log.warning("%s (%s) fits no scan of this study", where, who)
        for scan_id in scans[scans.isin(qc["scan_id"])]:
            listed.setdefault(scan_id, row["reason"])
    return listed


def _refuse_near_miss(named: dict[str, str], known: pd.DataFrame, where: str) -> None:
    """A row that means a scan but for case or zeros must not leave that scan in the study."""
    for key, text in named.items():
        near = known.loc[known[key].map(simplify_identifier, na_action="ignore") == simplify_identifier(text), key]
        if len(near) and text not in set(near):
            raise UserError(f"{where}: {key} {text} is no scan of this study, but nearly {near.iloc[0]}; correct it")
