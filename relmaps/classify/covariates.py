"""Age, sex and head size as numbers."""

import logging

import numpy as np
import pandas as pd

log = logging.getLogger("relmaps")


def known_covariates(subjects: pd.DataFrame) -> dict[str, np.ndarray]:
    """age, sex (1 male) and tiv_ml (total intracranial volume), (n_subjects,) each, without those that someone lacks.

    What is left out is logged.
    """
    covariates = {
        "age": subjects["age"].astype(float),
        "sex": subjects["sex"].map({"f": 0.0, "m": 1.0}),
        "tiv_ml": subjects["tiv_ml"].astype(float),
    }
    for name in [name for name, values in covariates.items() if values.isna().any()]:
        log.info("covariate %s is left out, %d subjects lack it", name, covariates.pop(name).isna().sum())
    return {name: values.to_numpy() for name, values in covariates.items()}


def covariate_matrix(subjects: pd.DataFrame) -> np.ndarray:
    """(n_subjects, p) of the known covariates."""
    known = known_covariates(subjects)
    return np.column_stack(list(known.values())) if known else np.empty((len(subjects), 0))
