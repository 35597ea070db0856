import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from relmaps.classify.covariate_model import covariate_scores
from relmaps.classify.covariates import covariate_matrix, describe_covariates, known_covariates

pytestmark = pytest.mark.fault

TRAIN, TEST = np.arange(30), np.arange(30, 40)


@pytest.fixture
def subjects(rng):
    label = np.tile([0, 1], 20)
    age = 70 + 8 * label + rng.normal(0, 3, 40)
    sex = np.where(rng.random(40) < 0.5, "f", "m")
    return pd.DataFrame({"label": label, "age": age, "sex": sex, "tiv_ml": rng.normal(1400, 100, 40)})


def score(subjects):
    covariates = covariate_matrix(known_covariates(subjects), len(subjects))
    return covariate_scores(covariates, subjects["label"].to_numpy(), TRAIN, TEST)


def test_scores_are_those_of_a_regression_on_z_scores(subjects):
    labels = subjects["label"].to_numpy()
    scores = score(subjects)
    raw = np.column_stack([subjects["age"], (subjects["sex"] == "m").astype(float), subjects["tiv_ml"]])
    z = (raw - raw[TRAIN].mean(axis=0)) / raw[TRAIN].std(axis=0)
    literal = LogisticRegression().fit(z[TRAIN], labels[TRAIN])
    np.testing.assert_allclose(scores, z[TEST] @ literal.coef_[0] + literal.intercept_, rtol=1e-6)
    assert np.mean((scores > 0) == labels[TEST]) > 0.7


@pytest.mark.parametrize("row", [3, 35])
def test_the_mean_of_the_training_part_stands_for_what_somebody_lacks(subjects, row, caplog):
    filled = subjects.copy()
    subjects.loc[row, "age"] = np.nan
    filled.loc[row, "age"] = subjects["age"][TRAIN].mean()
    np.testing.assert_allclose(score(subjects), score(filled), rtol=1e-9)
    assert "Age is missing for 1 of 40 participants" in caplog.text
    assert describe_covariates(subjects) == [
        "Age is missing for 1 of 40 participants; models take the mean of the participants that they are fitted on "
        "instead."
    ]


def test_a_covariate_that_more_than_a_fifth_lack_or_all_share_is_in_no_model(subjects):
    subjects.loc[:7, "age"] = np.nan
    assert list(known_covariates(subjects)) == ["age", "sex", "tiv_ml"]
    subjects.loc[8, "age"] = np.nan
    subjects["sex"] = "f"
    assert list(known_covariates(subjects)) == ["tiv_ml"]
    assert describe_covariates(subjects) == [
        "Age is in no model: 9 of 40 participants lack it, more than 20 %.",
        "Sex is in no model: it is the same for all participants.",
    ]


def test_nothing_is_said_of_covariates_that_all_have(subjects):
    assert describe_covariates(subjects) == []


def test_without_covariates_the_prevalence_is_left(subjects):
    subjects[["age", "tiv_ml"]] = np.nan
    subjects["sex"] = None
    labels = np.r_[np.ones(20), np.zeros(20)].astype(int)
    np.testing.assert_allclose(score(subjects.assign(label=labels)), np.log(2))
    assert describe_covariates(subjects) == [
        f"{title} is in no model: no participant has it." for title in ("Age", "Sex", "Head size")
    ]
