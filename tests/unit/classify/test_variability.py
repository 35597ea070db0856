import numpy as np
import pandas as pd
import pytest

from relmaps.classify.variability import variability_table


def performance(values, model="small"):
    """values : (n_folds, n_seeds) of balanced accuracy."""
    rows = [
        (model, str(fold + 1), str(seed), "balanced_accuracy", value)
        for fold, of_fold in enumerate(values)
        for seed, value in enumerate(of_fold)
    ]
    whole = [(model, "all", seed, "balanced_accuracy", 0.1) for seed in ("all", *map(str, range(len(values[0]))))]
    brier = [(model, "1", "0", "brier", 0.2)]
    return pd.DataFrame(rows + whole + brier, columns=["model", "fold", "seed", "metric", "value"])


def test_variance_between_folds_and_between_seeds(rng):
    values = rng.random((4, 3))
    (row,) = variability_table(performance(values)).itertuples()
    means = [sum(of_fold) / 3 for of_fold in values]
    variances = [sum((v - m) ** 2 for v in of_fold) / 2 for of_fold, m in zip(values, means, strict=True)]
    assert row.sd_seeds == pytest.approx(np.sqrt(sum(variances) / 4))
    assert row.sd_folds == pytest.approx(np.sqrt(sum((m - sum(means) / 4) ** 2 for m in means) / 3))
    assert (row.metric, row.n_folds, row.n_seeds) == ("balanced_accuracy", 4, 3)


def test_what_does_not_vary_between_folds_varies_between_seeds_alone():
    (row,) = variability_table(performance(np.array([[0.6, 0.8]] * 3))).itertuples()
    assert row.sd_folds == pytest.approx(0)
    assert row.sd_seeds == pytest.approx(np.sqrt(0.02))


def test_one_seed_tells_nothing_about_seeds(rng):
    (row,) = variability_table(performance(rng.random((5, 1)))).itertuples()
    assert np.isnan(row.sd_seeds)
    assert row.sd_folds > 0


def test_models_stand_apart(rng):
    table = pd.concat([performance(rng.random((2, 2)), "svm"), performance(rng.random((2, 2)), "covariates")])
    assert variability_table(table)["model"].tolist() == ["svm", "covariates"]
