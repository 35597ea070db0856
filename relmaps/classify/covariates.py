"""Age, sex and head size as numbers, one rule for every model: which of them are used, and what stands for a gap."""

import logging

import numpy as np
import pandas as pd

from relmaps.catalogue.confounds import COVARIATE_TITLES

log = logging.getLogger("relmaps")

# ASSUME: a mean in place of a few missing values costs a model little; of a covariate that many lack, little is left.
LARGEST_MISSING_SHARE = 0.2


def known_covariates(subjects: pd.DataFrame) -> dict[str, np.ndarray]:
    """age, sex (1 male) and tiv_ml (total intracranial volume), (n_subjects,) each, NaN where a subject lacks it.

    A covariate is left out that more than LARGEST_MISSING_SHARE of the subjects lack or that is the same for all. What
    is left out or has gaps is logged. A model puts the mean of the subjects that it is fitted on in place of NaN.
    """
    for sentence in describe_covariates(subjects):
        log.warning("%s", sentence)
    return {name: values for name, values in _read(subjects).items() if _why_unused(values) is None}


def covariate_matrix(known: dict[str, np.ndarray], n_subjects: int) -> np.ndarray:
    """(n_subjects, p) of the known covariates, p of which may be 0."""
    return np.column_stack(list(known.values())) if known else np.empty((n_subjects, 0))


def describe_covariates(subjects: pd.DataFrame) -> list[str]:
    """A sentence on each covariate that is left out or has gaps; nobody is named."""
    sentences = []
    for name, values in _read(subjects).items():
        title, missing, n = COVARIATE_TITLES[name].capitalize(), int(np.isnan(values).sum()), len(values)
        why_unused = _why_unused(values)
        if why_unused:
            sentences.append(f"{title} is in no model: {why_unused}.")
        elif missing:
            rest = "models take the mean of the participants that they are fitted on instead"
            sentences.append(f"{title} is missing for {missing} of {n} participants; {rest}.")
    return sentences


def _read(subjects: pd.DataFrame) -> dict[str, np.ndarray]:
    sex = subjects["sex"].map({"f": 0.0, "m": 1.0})
    return {
        "age": subjects["age"].to_numpy(float),
        "sex": sex.to_numpy(float),
        "tiv_ml": subjects["tiv_ml"].to_numpy(float),
    }


def _why_unused(values: np.ndarray) -> str | None:
    missing = int(np.isnan(values).sum())
    if missing == len(values):
        return "no participant has it"
    if missing > LARGEST_MISSING_SHARE * len(values):
        return f"{missing} of {len(values)} participants lack it, more than {100 * LARGEST_MISSING_SHARE:g} %"
    if np.nanmin(values) == np.nanmax(values):
        return "it is the same for all participants"
    return None
