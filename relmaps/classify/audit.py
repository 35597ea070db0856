"""A second look at splits.tsv, whoever wrote it: who is tested in a fold is not trained on, by name, image or site."""

import logging
from collections.abc import Iterable

import numpy as np
import pandas as pd

from relmaps.io.errors import UserError

log = logging.getLogger("relmaps")

ROLES = ("train", "validation", "test")
LABELS = (0, 1)
AGAIN = "delete splits.tsv and rerun"


def audit_splits(
    splits: pd.DataFrame,
    subjects: pd.DataFrame,
    content: pd.DataFrame,
    by_site: bool,
    *,
    everyone_tested: bool = False,
) -> dict:
    """What was checked, if all is well; the first leak or defect found ends it.

    splits : fold, participant_id, label, role. subjects : participant_id, label and, for by_site, site.
    content : scan_id, participant_id, content (preprocess/qc.tsv), a hash of the image, NaN where it is not known.
    Scans of participants who are in no fold are not compared.
    by_site : no site may be on two sides (train, validation, test) of a fold.
    everyone_tested : the study applies finished models, so that in every fold all are tested and nobody trains.
    Returns folds (fold -> role -> label -> participants), participants, hashes_compared (scans), without_hash
    (participants none of whose scans has a hash), by_site, sites (how many; None where unknown), everyone_tested.
    Raises UserError that names participants, fold and remedy.
    """
    _check_participants(splits, subjects)
    _check_tested(splits, everyone_tested)
    _check_classes(splits, everyone_tested)
    hashed = content[content["participant_id"].isin(splits["participant_id"]) & content["content"].notna()]
    _check_content(splits, hashed)
    if by_site:
        _check_sites(splits, subjects)
    without = subjects.loc[~subjects["participant_id"].isin(hashed["participant_id"]), "participant_id"]
    if len(without):
        log.warning("no image hash of %s: copies of it in other parts cannot be found", _named(without))
    return {
        "folds": {fold: _counts(part) for fold, part in splits.groupby("fold", sort=False)},
        "participants": len(subjects),
        "hashes_compared": len(hashed),
        "without_hash": len(without),
        "by_site": by_site,
        "sites": int(subjects["site"].nunique()) if "site" in subjects and subjects["site"].notna().any() else None,
        "everyone_tested": everyone_tested,
    }


def _check_participants(splits: pd.DataFrame, subjects: pd.DataFrame) -> None:
    """Each fold has each subject once, under the subject's label and with a role that there is."""
    twice = subjects.loc[subjects["participant_id"].duplicated(), "participant_id"]
    if len(twice):
        raise UserError(f"subjects.tsv: {_named(twice)} has more than one row; delete it and rerun")
    if splits.empty or splits["fold"].isna().any():
        raise UserError(f"splits.tsv: no rows, or rows without a fold; {AGAIN}")
    labels = subjects.set_index("participant_id")["label"]
    for fold, part in splits.groupby("fold", sort=False):
        names = part["participant_id"]
        findings = {
            "has more than one row, and may so be on two sides": names[names.duplicated()],
            "is not in subjects.tsv": names[~names.isin(labels.index)],
            "of subjects.tsv is missing": labels.index.difference(names),
            "has another label than in subjects.tsv": names[part["label"] != names.map(labels)],
            f"has a role that is none of {', '.join(ROLES)}": names[~part["role"].isin(ROLES)],
        }
        for finding, found in findings.items():
            if len(found):
                raise UserError(f"splits.tsv: fold {fold}: {_named(found)} {finding}; {AGAIN}")


def _check_tested(splits: pd.DataFrame, everyone_tested: bool) -> None:
    """Each participant is tested in one fold; or, under finished models, in all."""
    if everyone_tested:
        others = splits[splits["role"] != "test"]
        if len(others):
            fold = others["fold"].iloc[0]
            names = _named(others.loc[others["fold"] == fold, "participant_id"])
            raise UserError(
                f"splits.tsv: fold {fold}: {names} is not tested, though external validation tests all; {AGAIN}"
            )
        return
    tests = (splits["role"] == "test").groupby(splits["participant_id"]).sum()
    for name in tests.index[tests != 1]:
        folds = splits.loc[(splits["participant_id"] == name) & (splits["role"] == "test"), "fold"]
        where = f"folds {', '.join(folds)}" if len(folds) else "no fold"
        raise UserError(f"splits.tsv: {name} is tested in {where}, not in exactly one; {AGAIN}")


def _check_classes(splits: pd.DataFrame, everyone_tested: bool) -> None:
    """Both classes are tested and trained on, and validated on where there is a validation part."""
    required = {"test"} if everyone_tested else {"train", "test"}
    for fold, part in splits.groupby("fold", sort=False):
        for role in ROLES:
            members = part[part["role"] == role]
            missing = [str(label) for label in LABELS if label not in set(members["label"])]
            if missing and (len(members) or role in required):
                raise UserError(
                    f"splits.tsv: fold {fold}: nobody of label {' and '.join(missing)} in the {role} part, which has "
                    f"{_named(members['participant_id']) or 'nobody'}; set classify.folds to fewer, or add scans"
                )


def _check_content(splits: pd.DataFrame, hashed: pd.DataFrame) -> None:
    """An image belongs to one participant, who has one role in a fold: so it is on one side only."""
    roles = splits.pivot(index="participant_id", columns="fold", values="role")
    for _, scans in hashed[hashed.duplicated("content", keep=False)].groupby("content", sort=False):
        shared = roles.loc[sorted(set(scans["participant_id"]))]
        if len(shared) > 1:
            fold = shared.nunique().idxmax()  # the first of those where they are on most sides
            who = " and ".join(f"{name} ({role})" for name, role in shared[fold].items())
            raise UserError(
                f"splits.tsv: fold {fold}: {who} have the same image, scans {', '.join(scans['scan_id'])}; name the "
                "wrong ones in cohort.exclusion_list and rerun"
            )


def _check_sites(splits: pd.DataFrame, subjects: pd.DataFrame) -> None:
    sites = subjects["site"] if "site" in subjects else pd.Series(None, subjects.index, dtype=object)
    if sites.isna().any():
        raise UserError(
            f"subjects.tsv: {_named(subjects.loc[sites.isna(), 'participant_id'])} has no site, and no fold can be "
            "checked by it; give it in the participants table or set classify.group_by_site to false"
        )
    sited = splits.merge(subjects[["participant_id", "site"]], on="participant_id")
    for (fold, site), part in sited.groupby(["fold", "site"], sort=False):
        if part["role"].nunique() > 1:
            sides = part.drop_duplicates("role").set_index("participant_id")["role"]
            who = " and ".join(f"{name} ({role})" for name, role in sides.items())
            raise UserError(f"splits.tsv: fold {fold}: {who} are of the same site {site}; {AGAIN}")


def _counts(part: pd.DataFrame) -> dict[str, dict[str, int]]:
    return {
        role: {str(label): int(np.sum((part["role"] == role) & (part["label"] == label))) for label in LABELS}
        for role in ROLES
    }


def _named(participants: Iterable[str], most: int = 5) -> str:
    names = sorted(map(str, set(participants)))
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
