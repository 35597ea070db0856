"""Who trains, validates and is tested in each fold: by subject, written once and read by all.

Folds are stratified by label and balanced by age and sex within a label, because both show in a scan: a test part that
is older than the training part would be judged by its age too.
"""

import logging
import warnings

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

from relmaps.io.errors import UserError

log = logging.getLogger("relmaps")

GROUPS = {0: "control", 1: "disease"}


def split_subjects(
    subjects: pd.DataFrame, folds: int, validation_fraction: float, seed: int, group_by_site: bool = False
) -> pd.DataFrame:
    """Shuffled stratified folds, each with one inner validation part that is drawn in the same way.

    subjects : participant_id (unique), label (0 control, 1 disease) and, where known, age in years, sex (f, m) and
    site. A column that is absent or empty is left out of the stratification.
    validation_fraction : wished share of the subjects outside the test part that validates. They are cut into
    1 / validation_fraction parts, at least two and at most the size of the smaller class (with group_by_site, the
    number of sites), and the one that comes closest to the share validates. Validation and training hold both classes;
    a fold where they cannot has no validation part, and the log says so.
    group_by_site : no site is on two sides of a fold (train, validation, test). Labels, age and sex are then balanced
    only as well as whole sites allow.
    Returns fold ("1", "2", ...), participant_id, label, role (train | validation | test): a row per subject and fold.
    Raises UserError if a class has fewer subjects than folds; with group_by_site also if a site is missing, there are
    fewer sites than folds, or a test part lacks a class.
    """
    labels = subjects["label"].to_numpy()
    _check_class_sizes(labels, folds)
    if group_by_site:
        _check_sites(subjects, folds)
    tables = []
    for fold, test in enumerate(_parts(subjects, folds, seed, group_by_site), 1):
        # A class that training lacks would be all in this part, and another part would lack it.
        if not _has_both(labels[test]):
            raise UserError(
                f"classify.group_by_site: the sites tested in fold {fold} have no scan of one class; set "
                "classify.folds to fewer or classify.group_by_site to false"
            )
        rest = np.delete(np.arange(len(subjects)), test)
        validation = rest[_validation_part(subjects.iloc[rest], validation_fraction, seed + fold, group_by_site)]
        role = np.full(len(subjects), "train", dtype=object)
        role[test], role[validation] = "test", "validation"
        log.info("fold %d tests %s", fold, _described(subjects.iloc[test]))
        if not len(validation):
            log.info("fold %d: too few participants to validate on; networks keep their last epoch", fold)
        tables.append(subjects[["participant_id", "label"]].assign(fold=str(fold), role=role))
    return pd.concat(tables, ignore_index=True)[["fold", "participant_id", "label", "role"]]


def split_external(subjects: pd.DataFrame, folds: list[str]) -> pd.DataFrame:
    """The table of `split_subjects` for a study that applies the models of another: all are tested in each fold.

    folds : names of the folds that the models were trained in.
    """
    everyone = subjects[["participant_id", "label"]].assign(role="test")
    tables = [everyone.assign(fold=str(fold)) for fold in folds]
    return pd.concat(tables, ignore_index=True)[["fold", "participant_id", "label", "role"]]


def _check_class_sizes(labels: np.ndarray, folds: int) -> None:
    for label, group in GROUPS.items():
        count = int(np.sum(labels == label))
        if count < folds:
            remedy = f"set classify.folds to {count} or fewer" if count >= 2 else "add scans of this group"
            raise UserError(f"label {label} ({group}) has {count} scans, fewer than the {folds} folds; {remedy}")


def _check_sites(people: pd.DataFrame, folds: int) -> None:
    unknown = people["participant_id"] if "site" not in people else people.loc[people["site"].isna(), "participant_id"]
    if len(unknown):
        others = f" and {len(unknown) - 1} more" if len(unknown) > 1 else ""
        raise UserError(
            f"classify.group_by_site: {unknown.iloc[0]}{others} has no site; give it in the participants table or set "
            "classify.group_by_site to false"
        )
    count = people["site"].nunique()
    if count < folds:
        remedy = f"set classify.folds to {count} or " if count >= 2 else "set "
        raise UserError(
            f"classify.group_by_site: {count} site(s), fewer than the {folds} folds; {remedy}"
            "classify.group_by_site to false"
        )


def _has_both(labels: np.ndarray) -> bool:
    return set(GROUPS) <= set(labels)


def _parts(people: pd.DataFrame, n: int, seed: int, group_by_site: bool) -> list[np.ndarray]:
    """Rows of `people` in n parts; whole sites are dealt out by rule, and the seed only orders those that are alike."""
    # Whole sites cannot fill many bins evenly, and each bin counts as much as a label: two bins balance all better.
    strata = _strata(people, n, most_bins=2 if group_by_site else len(people))
    # StratifiedKFold numbers the strata as they appear, and deals their members out over the parts in turn, going on
    # from one stratum to the next. So, sorted, small strata are spread and labels differ by one subject at most.
    order = np.argsort(strata, kind="stable")
    groups = people["site"].to_numpy()[order] if group_by_site else None
    kind = StratifiedGroupKFold if group_by_site else StratifiedKFold
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The least populated class in y", UserWarning)
        split = kind(n, shuffle=True, random_state=seed).split(order, strata[order], groups)
        return [np.sort(order[part]) for _, part in split]


def _strata(people: pd.DataFrame, n: int, most_bins: int) -> np.ndarray:
    """One number per subject that rises by label, then sex, then bin of age; a bin has n members or a few more.

    Unknown ages count as the highest, unknown sex as one of its own.
    """
    columns = pd.DataFrame({"label": people["label"], "sex": "", "age": np.nan}, index=people.index)
    if "sex" in people:
        columns["sex"] = people["sex"].fillna("")
    if "age" in people:
        columns["age"] = people["age"]
    if columns.groupby(["label", "sex"]).size().max() < n:
        columns["sex"] = ""  # scikit-learn wants n members in one stratum at least; a label has them
    if columns["age"].notna().any():
        ages = columns.groupby(["label", "sex"])["age"]
        count = ages.transform("size")
        rank = ages.rank(method="first", na_option="bottom") - 1
        columns["age"] = rank * (count // n).clip(1, most_bins) // count
    return columns.groupby(["label", "sex", "age"], dropna=False).ngroup().to_numpy()


def _validation_part(rest: pd.DataFrame, fraction: float, seed: int, group_by_site: bool) -> np.ndarray:
    """Positions in `rest` of those who validate, or none."""
    labels = rest["label"].to_numpy()
    limits = [max(round(1 / fraction), 2), *np.bincount(labels)]
    n = min([*limits, rest["site"].nunique()] if group_by_site else limits)
    if n < 2:
        return np.array([], dtype=int)
    parts = [
        part
        for part in _parts(rest, n, seed, group_by_site)
        if _has_both(labels[part]) and _has_both(np.delete(labels, part))
    ]
    return min(parts, key=lambda part: abs(len(part) - fraction * len(rest)), default=np.array([], dtype=int))


def _described(people: pd.DataFrame) -> str:
    """Such as "6 control (71.3 years, 50% women), 4 disease (72.0 years, 25% women)"."""
    told = []
    for label, group in GROUPS.items():
        part = people[people["label"] == label]
        known = {name: part[name].dropna() if name in part else [] for name in ("age", "sex")}
        age = f"{known['age'].mean():.1f} years" if len(known["age"]) else "age n/a"
        women = f"{(known['sex'] == 'f').mean():.0%} women" if len(known["sex"]) else "sex n/a"
        told.append(f"{len(part)} {group} ({age}, {women})")
    return ", ".join(told)
