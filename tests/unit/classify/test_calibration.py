import numpy as np
import pandas as pd
import pytest

from relmaps.classify.calibration import calibration_table


def predictions(rng, n=100, model="svm", seed=0, slope=1.0, folds=("1", "2")):
    logit = rng.normal(scale=2, size=n)
    columns = {"participant_id": [f"sub-{i:03d}" for i in range(n)], "role": "test"}
    label = (rng.random(n) < 1 / (1 + np.exp(-logit))).astype(int)
    columns |= {"label": label, "score": logit, "probability": 1 / (1 + np.exp(-slope * logit))}
    return pd.DataFrame({"model": model, "fold": np.resize(folds, n), "seed": seed} | columns)


def test_bins_hold_a_fifth_each_by_rising_probability(rng):
    table = predictions(rng)
    found = calibration_table(table, samples=200, confidence=0.95, seed=0)
    ordered = table.sort_values("probability")
    for row, part in zip(found.itertuples(), np.split(np.arange(100), 5), strict=True):
        mine = ordered.iloc[part]
        assert row.n == 20
        assert row.mean_probability == pytest.approx(mine["probability"].mean())
        assert row.observed == pytest.approx(mine["label"].mean())
        assert row.ci_low <= row.observed <= row.ci_high
    assert found["bin"].tolist() == [1, 2, 3, 4, 5]


def test_an_interval_is_as_wide_as_the_binomial_one(rng):
    """Participants are drawn within label, so the number with disease in a bin varies as a sum of two binomials."""
    table = predictions(rng, n=2000, folds=("1",))
    found = calibration_table(table, samples=3000, confidence=0.95, seed=0).iloc[2]
    of_disease = table["label"].sum()
    inside = {1: found.n * found.observed, 0: found.n * (1 - found.observed)}
    variance = {label: k * (1 - k / {1: of_disease, 0: 2000 - of_disease}[label]) for label, k in inside.items()}
    gradient = {1: (1 - found.observed) / found.n, 0: -found.observed / found.n}
    deviation = np.sqrt(sum(variance[label] * gradient[label] ** 2 for label in (0, 1)))
    assert (found.ci_high - found.ci_low) / (2 * 1.96) == pytest.approx(deviation, rel=0.08)


def test_seeds_are_averaged_before_anything_else(rng):
    first = predictions(rng, model="selected")
    second = first.assign(seed=1, probability=first["probability"] ** 2)
    mean = first.assign(probability=(first["probability"] + second["probability"]) / 2)
    found = calibration_table(pd.concat([first, second]), samples=100, confidence=0.9, seed=0)
    pd.testing.assert_frame_equal(found, calibration_table(mean, samples=100, confidence=0.9, seed=0))


def test_only_the_models_that_are_asked_for_and_only_held_out_participants(rng):
    models = [predictions(rng, model=name) for name in ("selected", "small", "svm_binarised", "logistic", "svm")]
    validation = models[0].assign(role="validation", probability=0.5)
    found = calibration_table(pd.concat([*models, validation]), samples=100, confidence=0.9, seed=0)
    assert found["model"].unique().tolist() == ["svm", "logistic", "selected"]
    assert (found["n"] == 20).all()


def test_a_bin_that_ties_leave_empty_is_undefined(rng):
    found = calibration_table(predictions(rng).assign(probability=0.5), samples=100, confidence=0.9, seed=0)
    assert found["n"].tolist() == [100, 0, 0, 0, 0]
    assert found.loc[1:, ["mean_probability", "observed", "ci_low", "ci_high"]].isna().all(axis=None)


def test_a_model_without_probabilities_is_left_out(rng):
    table = predictions(rng)
    table.loc[3, "probability"] = np.nan
    assert calibration_table(table, samples=100, confidence=0.9, seed=0).empty
