import logging

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from relmaps.classify.covariate_model import covariate_scores
from relmaps.classify.covariates import covariate_matrix

TRAIN, TEST = np.arange(30), np.arange(30, 40)


@pytest.fixture
def subjects(rng):
    label = np.tile([0, 1], 20)
    age = 70 + 8 * label + rng.normal(0, 3, 40)
    sex = np.where(rng.random(40) < 0.5, "f", "m")
    return pd.DataFrame({"label": label, "age": age, "sex": sex, "tiv_ml": rng.normal(1400, 100, 40)})


def test_scores_are_those_of_a_regression_on_z_scores(subjects):
    labels = subjects["label"].to_numpy()
    scores = covariate_scores(covariate_matrix(subjects), labels, TRAIN, TEST)
    raw = np.column_stack([subjects["age"], (subjects["sex"] == "m").astype(float), subjects["tiv_ml"]])
    z = (raw - raw[TRAIN].mean(axis=0)) / raw[TRAIN].std(axis=0)
    literal = LogisticRegression().fit(z[TRAIN], labels[TRAIN])
    np.testing.assert_allclose(scores, z[TEST] @ literal.coef_[0] + literal.intercept_, rtol=1e-6)
    assert np.mean((scores > 0) == labels[TEST]) > 0.7


def test_a_covariate_that_somebody_lacks_is_left_out_and_said(subjects, caplog):
    subjects.loc[3, "age"] = np.nan
    with caplog.at_level(logging.INFO, logger="relmaps"):
        assert covariate_matrix(subjects).shape == (40, 2)
    assert "age is left out, 1 subjects lack it" in caplog.text


def test_without_covariates_the_prevalence_is_left(subjects):
    subjects[["age", "tiv_ml"]] = np.nan
    subjects["sex"] = None
    labels = np.r_[np.ones(20), np.zeros(20)].astype(int)
    scores = covariate_scores(covariate_matrix(subjects), labels, TRAIN, TEST)
    np.testing.assert_allclose(scores, np.log(2))
