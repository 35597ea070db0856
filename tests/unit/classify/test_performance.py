import itertools

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from sklearn.metrics import balanced_accuracy_score, brier_score_loss, recall_score, roc_auc_score

from relmaps.catalogue.models import is_confound
from relmaps.classify.performance import (
    add_probability,
    add_selected,
    bootstrap_weights,
    calibration_bins,
    measure,
    overall,
    participant_weights,
    performance_table,
)

ERRORS = ["brier", "calibration_in_the_large", "calibration_error"]
MEASURES = ["balanced_accuracy", "roc_auc", "sensitivity", "specificity", *ERRORS]


@pytest.fixture
def scored(rng):
    """30 participants in 3 folds, unbalanced, with ties between scores."""
    labels, folds = np.tile([0, 1, 0], 10), np.repeat(["1", "2", "3"], 10)
    return np.round(rng.normal(size=30) + labels - 0.5, 1), labels, folds


def predictions(scored, model="svm", seed=0, shift=0.0):
    scores, labels, folds = scored
    ids = [f"sub-{i:02d}" for i in range(30)]
    columns = {"fold": folds, "seed": seed, "participant_id": ids, "role": "test", "label": labels}
    return pd.DataFrame(
        {"model": model} | columns | {"score": scores + shift, "probability": 1 / (1 + np.exp(-scores - shift))}
    )


def rows(table, **where):
    for key, value in where.items():
        table = table[table[key] == value]
    return table.set_index("metric")


def test_measures_are_those_of_scikit_learn(scored):
    scores, labels, folds = scored
    found = measure(scores, expit(scores), labels, folds, np.ones((1, 30)))
    assert found["balanced_accuracy"][0] == pytest.approx(balanced_accuracy_score(labels, scores > 0))
    assert found["sensitivity"][0] == pytest.approx(recall_score(labels, scores > 0))
    assert found["specificity"][0] == pytest.approx(recall_score(labels, scores > 0, pos_label=0))
    of_folds = [roc_auc_score(labels[folds == fold], scores[folds == fold]) for fold in "123"]
    assert found["roc_auc"][0] == pytest.approx(np.mean(of_folds))
    assert found["brier"][0] == pytest.approx(brier_score_loss(labels, expit(scores)))


def test_calibration_is_that_of_the_drawn_participants_in_the_bins_of_the_estimate(scored, rng):
    scores, labels, folds = scored
    probabilities, weights = expit(scores), rng.integers(0, 4, size=(3, 30))
    found = measure(scores, probabilities, labels, folds, weights)
    edges = [0, *np.quantile(probabilities, [0.2, 0.4, 0.6, 0.8]), 1]
    for draw, count in enumerate(weights):
        p, y = np.repeat(probabilities, count), np.repeat(labels, count)
        error = 0
        for low, high in itertools.pairwise(edges):
            inside = [i for i in range(len(p)) if low < p[i] <= high]
            if inside:
                error += len(inside) / len(p) * abs(np.mean([p[i] for i in inside]) - np.mean([y[i] for i in inside]))
        assert found["calibration_error"][draw] == pytest.approx(error)
        assert found["calibration_in_the_large"][draw] == pytest.approx(p.mean() - y.mean())
        assert found["brier"][draw] == pytest.approx(np.mean((p - y) ** 2))


def test_bins_are_of_equal_count_and_ties_stay_together(rng):
    assert np.bincount(calibration_bins(rng.permutation(40) / 40)).tolist() == [8] * 5
    tied = rng.choice([0.1, 0.2, 0.7], size=60)
    assert {len(set(calibration_bins(tied)[tied == value])) for value in set(tied)} == {1}


def test_weights_count_participants(scored, rng):
    scores, labels, folds = scored
    weights = rng.integers(1, 4, size=(2, 30))
    found = measure(scores, expit(scores), labels, folds, weights)
    found.pop("calibration_error")  # its bins are those of the estimate
    for draw, count in enumerate(weights):
        repeated = [np.repeat(values, count) for values in (scores, expit(scores), labels, folds)]
        again = measure(*repeated, np.ones((1, count.sum())))
        assert {name: values[draw] for name, values in found.items()} == pytest.approx(
            {name: again[name][0] for name in found}
        )


def test_draws_keep_the_size_of_every_stratum(rng):
    strata = rng.integers(0, 4, size=40)
    weights = bootstrap_weights(strata, samples=500, seed=1)
    for stratum in range(4):
        assert (weights[:, strata == stratum].sum(axis=1) == np.sum(strata == stratum)).all()
    np.testing.assert_allclose(weights.mean(axis=0), 1, atol=0.2)
    assert weights.max() > 1
    np.testing.assert_array_equal(weights, bootstrap_weights(strata, samples=500, seed=1))


def test_table_has_every_fold_without_and_the_whole_with_interval(scored):
    table = performance_table(predictions(scored), {"svm": "gm_modulated"}, samples=300, confidence=0.95, seed=0)
    assert set(table["metric"]) == set(MEASURES)
    assert set(table["feature"]) == {"gm_modulated"}
    folds = table[table["fold"] != "all"]
    assert len(folds) == 3 * len(MEASURES)
    assert folds[["ci_low", "ci_high"]].isna().all(axis=None)
    whole = rows(table, fold="all", seed="all")
    unbiased = whole.drop(index="calibration_error")  # which is always above 0, so samples are above the estimate
    assert (unbiased["ci_low"] < unbiased["value"]).all()
    assert (unbiased["value"] < unbiased["ci_high"]).all()
    scores, labels, part = scored[0], scored[1], scored[2] == "2"
    second = rows(table, fold="2")["value"]
    assert second["roc_auc"] == pytest.approx(roc_auc_score(labels[part], scores[part]))
    assert second["balanced_accuracy"] == pytest.approx(balanced_accuracy_score(labels[part], scores[part] > 0))
    assert whole["value"]["roc_auc"] == pytest.approx(rows(table, metric="roc_auc")["value"].iloc[:3].mean())


def test_interval_is_as_wide_as_the_binomial_one(scored):
    table = performance_table(predictions(scored), {"svm": "t1_syn"}, samples=4000, confidence=0.95, seed=0)
    row = rows(table, fold="all", seed="all").loc["specificity"]
    scores, labels, folds = scored
    strata = [(scores[(labels == 0) & (folds == fold)] <= 0) for fold in "123"]
    deviation = np.sqrt(sum(len(s) * s.mean() * (1 - s.mean()) for s in strata)) / 20
    assert (row["ci_high"] - row["ci_low"]) / (2 * 1.96) == pytest.approx(deviation, rel=0.15)


def test_seeds_are_averaged(scored):
    table = pd.concat([predictions(scored, "A24", seed, shift) for seed, shift in ((0, 0.0), (1, 0.6))])
    found = performance_table(table, {"A24": "t1_syn"}, samples=100, confidence=0.9, seed=0)
    values = [rows(found, fold="all", seed=seed).loc["sensitivity", "value"] for seed in ("0", "1", "all")]
    assert values[0] != values[1]
    assert values[2] == pytest.approx(np.mean(values[:2]))


def test_order_of_the_rows_does_not_matter(scored):
    table = predictions(scored)
    options = {"features": {"svm": "t1_syn"}, "samples": 100, "confidence": 0.9, "seed": 0}
    shuffled = table.sample(frac=1, random_state=3)
    pd.testing.assert_frame_equal(performance_table(table, **options), performance_table(shuffled, **options))


def test_what_is_undefined_is_nan(scored):
    scores, _, folds = scored
    found = performance_table(
        predictions((scores, np.zeros(30, int), folds)), {"svm": "t1_syn"}, samples=100, confidence=0.9, seed=0
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
        performance_table(table, {}, samples=100, confidence=0.9, seed=0)


def test_participants_of_a_cross_validation_are_drawn_within_fold_and_label(scored):
    _, labels, folds = scored
    weights = participant_weights(folds, labels, np.arange(30), samples=50, seed=1)
    for fold, label in itertools.product("123", (0, 1)):
        stratum = (folds == fold) & (labels == label)
        assert (weights[:, stratum].sum(axis=1) == stratum.sum()).all()


def test_a_participant_that_is_tested_in_every_fold_is_drawn_once_for_all(rng):
    people, labels = np.arange(12), np.arange(12) % 2
    order = rng.permutation(36)
    folds, participants = np.repeat(["1", "2", "3"], 12)[order], np.tile(people, 3)[order]
    weights = participant_weights(folds, labels[participants], participants, samples=50, seed=1)
    for person in people:
        mine = weights[:, participants == person]
        assert (mine == mine[:, :1]).all()
    disease = (folds == "1") & (labels[participants] == 1)
    assert (weights[:, disease].sum(axis=1) == 6).all()
    of_first = weights[:, (folds == "1")]
    assert len(np.unique(of_first, axis=0)) > 40


def test_draws_do_not_treat_several_tests_of_a_participant_as_several_participants(scored):
    scores, labels, _ = scored
    once = predictions((scores, labels, np.repeat("1", 30)))
    often = pd.concat([once.assign(fold=fold) for fold in "123"])
    options = {"features": {"svm": "t1_syn"}, "samples": 300, "confidence": 0.9, "seed": 0}
    one, all_folds = (rows(performance_table(table, **options), fold="all", seed="all") for table in (once, often))
    pd.testing.assert_frame_equal(one[["value", "ci_low", "ci_high"]], all_folds[["value", "ci_low", "ci_high"]])


def test_undefined_probabilities_leave_the_other_measures(scored):
    table = predictions(scored).assign(probability=np.nan)
    found = rows(performance_table(table, {"svm": "gm"}, samples=100, confidence=0.9, seed=0), fold="all", seed="all")
    assert found.loc[ERRORS, "value"].isna().all()
    assert found["value"].drop(ERRORS).notna().all()


def test_probabilities_follow_from_scores(scored):
    names = ("svm", "svm_brain_mask", "A24", "A24_binarised", "covariates", "selected")
    table = pd.concat([predictions(scored, name).drop(columns="probability") for name in names], ignore_index=True)
    lines = pd.DataFrame({"fold": list("123"), "platt_slope": [2.0, 3.0, np.nan], "platt_intercept": [0.5, 0.0, 1.0]})
    platt = {"svm": lines, "svm_brain_mask": lines.assign(platt_slope=-1.0)}
    found = add_probability(table, platt)
    pd.testing.assert_frame_equal(found.drop(columns="probability"), table)
    slopes = {"svm": {"1": 2.0, "2": 3.0, "3": np.nan}, "svm_brain_mask": dict.fromkeys("123", -1.0)}
    offsets = {"1": 0.5, "2": 0.0, "3": 1.0}
    for row in found.itertuples():
        logit = row.score
        if row.model in slopes:
            logit = slopes[row.model][row.fold] * row.score + offsets[row.fold]
        assert row.probability == pytest.approx(1 / (1 + np.exp(-logit)), nan_ok=True)


def test_without_linear_models_no_scaling_is_needed(scored):
    table = predictions(scored, "small").drop(columns="probability")
    np.testing.assert_allclose(add_probability(table, {})["probability"], expit(table["score"]))


@pytest.mark.parametrize("platt", [{}, {"svm": {"fold": ["1", "2"], "platt_slope": 1.0, "platt_intercept": 0.0}}])
def test_a_linear_model_without_scaling_is_a_defect(scored, platt):
    platt = {model: pd.DataFrame(table) for model, table in platt.items()}
    with pytest.raises(ValueError, match="no Platt scaling for some fold of svm"):
        add_probability(predictions(scored), platt)


def test_controls_stand_behind_the_models():
    names = ["svm", "logistic", "A24", "small", "selected"]
    names += ["svm_binarised", "svm_brain_mask", "small_binarised", "small_brain_mask", "covariates"]
    rows = pd.DataFrame({"model": names[::-1], "fold": "all", "seed": "all", "metric": "brier", "value": 0.1})
    found = overall(rows.assign(ci_low=0.0, ci_high=1.0), "brier")["model"].tolist()
    assert found == names
    assert [is_confound(name) for name in found] == [False] * 5 + [True] * 5
