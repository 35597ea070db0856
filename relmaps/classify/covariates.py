"""Logistic regression on age, sex and head size: what can be told without looking at the image."""

import logging

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

log = logging.getLogger("relmaps")


def covariate_matrix(subjects: pd.DataFrame) -> np.ndarray:
    """(n_subjects, p): age, sex (1 male) and total intracranial volume, without those that a subject lacks."""
    known = {
        "age": subjects["age"].astype(float),
        "sex": subjects["sex"].map({"f": 0.0, "m": 1.0}),
        "tiv_ml": subjects["tiv_ml"].astype(float),
    }
    for name in [name for name, values in known.items() if values.isna().any()]:
        log.info("covariates: %s is left out, %d subjects lack it", name, known.pop(name).isna().sum())
    return np.column_stack(list(known.values())) if known else np.empty((len(subjects), 0))


def covariate_scores(covariates: np.ndarray, labels: np.ndarray, train: np.ndarray, test: np.ndarray) -> np.ndarray:
    """(n_test,) logits of disease of a logistic regression (L2, C = 1) on covariates z-scored by the training part.

    covariates : (n_subjects, p); with p = 0 the model is the training part's prevalence.
    """
    if not covariates.shape[1]:
        prevalence = labels[train].mean()
        return np.full(len(test), np.log(prevalence / (1 - prevalence)))
    model = make_pipeline(StandardScaler(), LogisticRegression(C=1.0))
    return model.fit(covariates[train], labels[train]).decision_function(covariates[test])
