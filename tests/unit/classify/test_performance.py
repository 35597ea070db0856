import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import balanced_accuracy_score, recall_score, roc_auc_score

from relmaps.classify.performance import add_selected, bootstrap_weights, measure, performance_table

MEASURES = ["balanced_accuracy", "roc_auc", "sensitivity", "specificity"]


@pytest.fixture
def scored(rng):
    """30 participants in 3 folds, unbalanced, with ties between scores."""
    labels, folds = np.tile([0, 1, 0], 10), np.repeat(["1", "2", "3"], 10)
    return np.round(rng.normal(size=30) + labels - 0.5, 1), labels, folds


def predictions(scored, model="svm", seed=0, shift=0.0):
    scores, labels, folds = scored
    ids = [f"sub-{i:02d}" for i in range(30)]
    columns = {"fold": folds, "seed": seed, "participant_id": ids, "role": "test", "label": labels}
    return pd.DataFrame({"model": model} | columns | {"score": scores + shift})


def rows(table, **where):
    for key, value in where.items():
        table = table[table[key] == value]
    return table.set_index("metric")


def test_measures_are_those_of_scikit_learn(scored):
    scores, labels, folds = scored
    found = measure(scores, labels, folds, np.ones((1, 30)))
    assert found["balanced_accuracy"][0] == pytest.approx(balanced_accuracy_score(labels, scores > 0))
    assert found["sensitivity"][0] == pytest.approx(recall_score(labels, scores > 0))
    assert found["specificity"][0] == pytest.approx(recall_score(labels, scores > 0, pos_label=0))
    of_folds = [roc_auc_score(labels[folds == fold], scores[folds == fold]) for fold in "123"]
    assert found["roc_auc"][0] == pytest.approx(np.mean(of_folds))


def test_weights_count_participants(scored, rng):
    scores, labels, folds = scored
    weights = rng.integers(1, 4, size=(2, 30))
    found = measure(scores, labels, folds, weights)
    for draw, count in enumerate(weights):
        repeated = [np.repeat(values, count) for values in scored]
        again = measure(*repeated, np.ones((1, count.sum())))
        assert {name: values[draw] for name, values in found.items()} == pytest.approx(
            {name: values[0] for name, values in again.items()}
        )


def test_draws_keep_the_size_of_every_stratum(rng):
    strata = rng.integers(0, 4, size=40)
    weights = bootstrap_weights(strata, draws=500, seed=1)
    for stratum in range(4):
        assert (weights[:, strata == stratum].sum(axis=1) == np.sum(strata == stratum)).all()
    np.testing.assert_allclose(weights.mean(axis=0), 1, atol=0.2)
    assert weights.max() > 1
    np.testing.assert_array_equal(weights, bootstrap_weights(strata, draws=500, seed=1))


def test_table_has_every_fold_without_and_the_whole_with_interval(scored):
    table = performance_table(predictions(scored), {"svm": "gm_modulated"}, draws=300, confidence=0.95, seed=0)
    assert set(table["metric"]) == set(MEASURES)
    assert set(table["feature"]) == {"gm_modulated"}
    folds = table[table["fold"] != "all"]
    assert len(folds) == 3 * 4
    assert folds[["ci_low", "ci_high"]].isna().all(axis=None)
    whole = rows(table, fold="all", seed="all")
    assert (whole["ci_low"] < whole["value"]).all()
    assert (whole["value"] < whole["ci_high"]).all()
    scores, labels, part = scored[0], scored[1], scored[2] == "2"
    second = rows(table, fold="2")["value"]
    assert second["roc_auc"] == pytest.approx(roc_auc_score(labels[part], scores[part]))
    assert second["balanced_accuracy"] == pytest.approx(balanced_accuracy_score(labels[part], scores[part] > 0))
    assert whole["value"]["roc_auc"] == pytest.approx(rows(table, metric="roc_auc")["value"].iloc[:3].mean())


def test_interval_is_as_wide_as_the_binomial_one(scored):
    table = performance_table(predictions(scored), {"svm": "t1_syn"}, draws=4000, confidence=0.95, seed=0)
    row = rows(table, fold="all", seed="all").loc["specificity"]
    scores, labels, folds = scored
    strata = [(scores[(labels == 0) & (folds == fold)] <= 0) for fold in "123"]
    deviation = np.sqrt(sum(len(s) * s.mean() * (1 - s.mean()) for s in strata)) / 20
    assert (row["ci_high"] - row["ci_low"]) / (2 * 1.96) == pytest.approx(deviation, rel=0.15)


def test_seeds_are_averaged(scored):
    table = pd.concat([predictions(scored, "A24", seed, shift) for seed, shift in ((0, 0.0), (1, 0.6))])
    found = performance_table(table, {"A24": "t1_syn"}, draws=100, confidence=0.9, seed=0)
    values = [rows(found, fold="all", seed=seed).loc["sensitivity", "value"] for seed in ("0", "1", "all")]
    assert values[0] != values[1]
    assert values[2] == pytest.approx(np.mean(values[:2]))


def test_order_of_the_rows_does_not_matter(scored):
    table = predictions(scored)
    options = {"features": {"svm": "t1_syn"}, "draws": 100, "confidence": 0.9, "seed": 0}
    shuffled = table.sample(frac=1, random_state=3)
    pd.testing.assert_frame_equal(performance_table(table, **options), performance_table(shuffled, **options))


def test_what_is_undefined_is_nan(scored):
    scores, _, folds = scored
    found = performance_table(
        predictions((scores, np.zeros(30, int), folds)), {"svm": "t1_syn"}, draws=100, confidence=0.9, seed=0
    )
    whole = rows(found, fold="all", seed="all")["value"]
    assert whole[["balanced_accuracy", "roc_auc", "sensitivity"]].isna().all()
    assert whole["specificity"] == pytest.approx(np.mean(scores <= 0))


def test_selected_takes_each_fold_from_its_network(scored):
    table = pd.concat([predictions(scored, "A24"), predictions(scored, "B24", shift=9.0)])
    grid = [(fold, model) for fold in "123" for model in ("A24", "B24")]
    selection = pd.DataFrame(grid, columns=["fold", "model"])
    selection = selection.assign(seed=0, chosen=[f == "2" if m == "B24" else f != "2" for f, m in grid])
    selected = add_selected(table, selection).query("model == 'selected'").sort_values("participant_id")
    np.testing.assert_allclose(selected["score"], scored[0] + 9.0 * (scored[2] == "2"))


def test_a_participant_that_some_model_did_not_test_is_a_defect(scored):
    table = pd.concat([predictions(scored, "A24"), predictions(scored, "B24").iloc[1:]])
    with pytest.raises(ValueError, match="not tested by every model"):
        performance_table(table, {}, draws=100, confidence=0.9, seed=0)
