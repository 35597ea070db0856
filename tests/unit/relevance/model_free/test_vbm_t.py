import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from relmaps.relevance.model_free import vbm_t
from relmaps.relevance.model_free.vbm_t import VbmT, make_design


@pytest.fixture
def subjects(rng):
    return pd.DataFrame(
        {
            "label": [0, 1] * 10,
            "age": rng.normal(72, 6, 20),
            "sex": rng.permutation(["f", "m"] * 10),
            "tiv_ml": rng.normal(1400, 100, 20),
        }
    )


@pytest.fixture
def features(subjects, rng):
    values = 0.5 + 0.1 * rng.normal(size=(20, 25)) + 0.01 * (subjects["age"].to_numpy()[:, None] - 72)
    values[subjects["label"] == 1, :8] -= 0.3
    return values.astype(np.float32)


def literal_t(features, design):
    return np.array([-sm.OLS(y.astype(float), design).fit().tvalues[1] for y in features.T])


@pytest.mark.parametrize("block", [2**24, 20])
def test_equals_ordinary_least_squares_on_repeated_subjects(subjects, features, rng, block, monkeypatch):
    monkeypatch.setattr(vbm_t, "BLOCK_VALUES", block)
    design = make_design(subjects)
    assert design.shape == (20, 5)
    weights = np.vstack([np.ones(20), rng.multinomial(20, np.full(20, 1 / 20), size=3)])
    maps = VbmT(features, design)(weights)
    for draw, result in zip(weights.astype(int), maps, strict=True):
        again = np.repeat(np.arange(20), draw)
        np.testing.assert_allclose(result, literal_t(features[again], design[again]), rtol=1e-3, atol=1e-3)


def test_positive_where_disease_has_less(subjects, features):
    t = VbmT(features, make_design(subjects))(np.ones((1, 20)))[0]
    assert t[:8].min() > 3
    assert np.abs(t[8:]).mean() < 2


def test_constant_voxels_and_degenerate_draws_are_zero(subjects, features):
    features[:, 3] = 0.37
    features[:, 4] = 0
    t = VbmT(features, make_design(subjects))(np.ones((1, 20)))[0]
    assert not t[3:5].any()
    assert t[[0, 1, 2, 5]].all()
    draw = np.zeros((1, 20))
    draw[0, :4] = 5  # four different subjects, five columns: nothing is left to estimate an error from
    assert not VbmT(features, make_design(subjects))(draw).any()


@pytest.mark.parametrize(("column", "value", "last"), [("age", np.nan, 4), ("tiv_ml", np.nan, 4), ("sex", "f", 19)])
def test_a_covariate_that_many_lack_or_all_share_is_dropped_and_told(subjects, caplog, column, value, last):
    subjects.loc[:last, column] = value
    assert make_design(subjects).shape == (20, 4)
    assert "is in no model: " in caplog.text


def test_the_mean_stands_for_a_covariate_that_few_lack(subjects):
    filled = subjects.copy()
    subjects.loc[[2, 5], "age"] = np.nan
    filled.loc[[2, 5], "age"] = subjects["age"].mean()
    np.testing.assert_allclose(make_design(subjects), make_design(filled))


def test_all_covariates_are_dropped_where_too_few_subjects_are_left(subjects, caplog):
    caplog.set_level("INFO", logger="relmaps")
    assert make_design(subjects[:8]).shape == (8, 5)
    assert make_design(subjects[:7]).shape == (7, 2)
    assert "would leave 2 residual degrees of freedom" in caplog.text
