"""A logistic regression on the covariates that are known: what can be predicted without the image."""

import numpy as np
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


def covariate_scores(covariates: np.ndarray, labels: np.ndarray, train: np.ndarray, test: np.ndarray) -> np.ndarray:
    """(n_test,) logits of disease of a logistic regression (L2, C = 1) on covariates z-scored by the training part.

    covariates : (n_subjects, p); for NaN the training part's mean is taken. With p = 0 the model is the training part's
    prevalence.
    """
    if not covariates.shape[1]:
        prevalence = labels[train].mean()
        return np.full(len(test), np.log(prevalence / (1 - prevalence)))
    model = make_pipeline(SimpleImputer(keep_empty_features=True), StandardScaler(), LogisticRegression(C=1.0))
    return model.fit(covariates[train], labels[train]).decision_function(covariates[test])
