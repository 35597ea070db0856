"""Who trains, validates and is tested in each fold: by subject, stratified by label, written once and read by all."""

import logging

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedKFold, train_test_split

from relmaps.errors import UserError

log = logging.getLogger("relmaps")

GROUPS = {0: "control", 1: "disease"}


def split_subjects(subjects: pd.DataFrame, folds: int, validation_fraction: float, seed: int) -> pd.DataFrame:
    """Shuffled stratified folds, each with one stratified inner validation part.

    subjects : participant_id (unique) and label (0 control, 1 disease).
    validation_fraction : share of each class outside the test part that validates, at least one subject of each. A fold
    that would leave no subject of a class to train on has no validation part.
    Returns fold ("1", "2", ...), participant_id, label, role (train | validation | test): a row per subject and fold.
    Raises UserError if a class has fewer subjects than folds.
    """
    labels = subjects["label"].to_numpy()
    _check_class_sizes(labels, folds)
    outer = StratifiedKFold(folds, shuffle=True, random_state=seed)
    tables = []
    for fold, (rest, test) in enumerate(outer.split(labels, labels), 1):
        role = np.full(len(labels), "train", dtype=object)
        role[test] = "test"
        validation = _validation_part(rest, labels, validation_fraction, seed + fold)
        role[validation] = "validation"
        if not len(validation):
            log.info("fold %d: too few participants to validate on; networks keep their last epoch", fold)
        tables.append(subjects[["participant_id", "label"]].assign(fold=str(fold), role=role))
    return pd.concat(tables, ignore_index=True)[["fold", "participant_id", "label", "role"]]


def rows_of(splits: pd.DataFrame, subjects: pd.DataFrame, fold: str, *roles: str) -> np.ndarray:
    """Rows of `subjects`, and so of every cohort array, that play one of the roles in a fold; ascending.

    Raises UserError if the two tables are not of the same participants.
    """
    part = splits[splits["fold"] == fold].set_index("participant_id")["role"]
    if sorted(part.index) != sorted(subjects["participant_id"]):
        raise UserError(f"splits.tsv: fold {fold} does not have the participants of subjects.tsv; delete it and rerun")
    return np.flatnonzero(part.loc[subjects["participant_id"]].isin(roles))


def _check_class_sizes(labels: np.ndarray, folds: int) -> None:
    for label, group in GROUPS.items():
        count = int(np.sum(labels == label))
        if count < folds:
            remedy = f"set classify.folds to {count} or fewer" if count >= 2 else "add scans of this group"
            raise UserError(f"label {label} ({group}) has {count} scans, fewer than the {folds} folds; {remedy}")


def _validation_part(rest: np.ndarray, labels: np.ndarray, fraction: float, seed: int) -> np.ndarray:
    """Indices drawn from each class of `rest` apart, because one stratified draw may leave a small class out."""
    chosen = []
    for label in GROUPS:
        members = rest[labels[rest] == label]
        if len(members) < 2:
            return np.array([], dtype=int)
        size = min(max(round(fraction * len(members)), 1), len(members) - 1)
        chosen.append(train_test_split(members, test_size=size, random_state=seed)[1])
    return np.concatenate(chosen)
