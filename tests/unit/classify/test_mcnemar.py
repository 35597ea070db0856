from math import comb

import numpy as np
import pandas as pd
import pytest

from relmaps.classify.mcnemar import COLUMNS, compare_models, decisions
from relmaps.classify.performance import measure


def predictions(scores, model, labels, fold=None, seed=0):
    """scores, labels : one per participant."""
    n = len(labels)
    folds = np.resize(["1", "2"], n) if fold is None else fold
    columns = {"participant_id": [f"sub-{i:03d}" for i in range(n)], "role": "test", "label": labels, "score": scores}
    return pd.DataFrame({"model": model, "fold": folds, "seed": seed} | columns)


@pytest.fixture
def labels():
    return np.tile([0, 0, 1, 1], 10)


def test_the_test_is_that_of_the_binomial_of_discordant_participants(labels):
    right = np.where(labels, 1.0, -1.0)
    a, b = right.copy(), right.copy()
    a[:2] *= -1  # b alone is right
    b[5:14] *= -1  # a alone is right
    b[20:23], a[20:23] = -b[20:23], -a[20:23]  # none is
    table = pd.concat([predictions(b, "svm", labels), predictions(a, "selected", labels)])
    (row,) = compare_models(table, samples=200, confidence=0.95, seed=0).itertuples()
    assert (row.model_a, row.model_b, row.n, row.only_a_right, row.only_b_right) == ("selected", "svm", 40, 9, 2)
    assert row.p == pytest.approx(2 * sum(comb(11, k) for k in range(3)) / 2**11)
    assert row.p_holm == row.p
    accuracies = [
        measure(s, np.full(40, 0.5), labels, np.resize(["1", "2"], 40), np.ones((1, 40)))["balanced_accuracy"][0]
        for s in (a, b)
    ]
    assert row.difference == pytest.approx(accuracies[0] - accuracies[1])
    assert row.ci_low < row.difference < row.ci_high


def test_models_that_agree_do_not_differ(labels, rng):
    scores = rng.normal(size=40)
    table = pd.concat([predictions(scores, "svm", labels), predictions(2 * scores, "logistic", labels)])
    (row,) = compare_models(table, samples=100, confidence=0.95, seed=0).itertuples()
    assert (row.difference, row.ci_low, row.ci_high, row.p) == (0, 0, 0, 1)


def test_the_interval_is_of_the_paired_difference(labels, rng):
    """Models that mostly err for the same participants have a narrower interval than independent ones."""
    shared = np.where(rng.random(40) < 0.7, 1, -1) * np.where(labels, 1.0, -1.0)
    near, far = shared.copy(), rng.permutation(shared)
    near[:2] *= -1
    table = pd.concat(
        [predictions(s, model, labels) for model, s in [("svm", shared), ("logistic", near), ("covariates", far)]]
    )
    found = compare_models(table, samples=1000, confidence=0.95, seed=0).set_index(["model_a", "model_b"])
    width = found["ci_high"] - found["ci_low"]
    assert width["svm", "logistic"] < 0.5 * width["svm", "covariates"]


def test_holm_is_over_all_pairs_of_models_and_controls(labels, rng):
    names = ["covariates", "small", "svm_binarised", "logistic", "small_brain_mask", "svm", "selected"]
    table = pd.concat([predictions(rng.normal(size=40) + labels * i - i / 2, n, labels) for i, n in enumerate(names)])
    found = compare_models(table, samples=100, confidence=0.95, seed=0)
    assert len(found) == 15
    assert "small" not in {*found["model_a"], *found["model_b"]}
    assert found["model_a"].iloc[0] == "selected"
    ranked, running = np.argsort(found["p"].to_numpy(), kind="stable"), 0.0
    for place, row in enumerate(ranked):
        running = max(running, min(1, (15 - place) * found["p"][row]))
        assert found["p_holm"][row] == pytest.approx(running)


def test_seeds_are_joined_by_their_mean_score(labels):
    tables = [predictions(np.full(40, score), "selected", labels, seed=seed) for seed, score in enumerate([-1, -1, 3])]
    assert (decisions(pd.concat(tables))["selected"] == 1).all()


def test_folds_are_joined_by_majority_and_ties_predict_disease(labels):
    def applied(scores):
        return pd.concat([predictions(np.full(40, s), "svm", labels, fold=str(f)) for f, s in enumerate(scores)])

    assert (decisions(applied([-1, -1, 9]))["svm"] == 0).all()
    assert (decisions(applied([2, -9, 1]))["svm"] == 1).all()
    assert (decisions(applied([-5, 1]))["svm"] == 1).all()


def test_a_participant_tested_in_every_fold_counts_once(labels, rng):
    a, b = (rng.normal(size=40) + labels - 0.5 for _ in range(2))
    once = pd.concat([predictions(s, model, labels, fold="1") for model, s in (("svm", a), ("selected", b))])
    often = pd.concat([once.assign(fold=fold) for fold in "123"])
    options = {"samples": 200, "confidence": 0.95, "seed": 0}
    pd.testing.assert_frame_equal(compare_models(once, **options), compare_models(often, **options))


def test_one_model_has_no_pair(labels):
    found = compare_models(predictions(labels - 0.5, "svm", labels), samples=100, confidence=0.95, seed=0)
    assert found.empty
    assert list(found.columns) == COLUMNS


def test_a_participant_that_one_model_lacks_is_a_defect(labels):
    tables = [predictions(labels - 0.5, "svm", labels), predictions(labels - 0.5, "covariates", labels).iloc[1:]]
    with pytest.raises(ValueError, match="not tested by every model"):
        compare_models(pd.concat(tables), samples=100, confidence=0.95, seed=0)
