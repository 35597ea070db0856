import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import PathCollection

from relmaps.catalogue.names import METRIC_NAMES, model_name
from relmaps.figures.performance import overall, plot_performance
from relmaps.io.tables import read_columns, read_table
from tests.synthetic_results import MODELS, SyntheticStudy


@pytest.fixture
def performance(tmp_path, grid, brain):
    return read_table(SyntheticStudy(tmp_path, grid, brain, folds=3).write().path("classify/performance.tsv"))


def test_overall_takes_the_mean_over_seeds_in_a_fixed_order(performance):
    single = performance[performance["fold"] == "all"].assign(seed="0", value=0.1)
    rows = overall(single.merge(performance, how="outer").sample(frac=1, random_state=0), "balanced_accuracy")
    assert rows["model"].tolist() == list(MODELS)
    np.testing.assert_allclose(rows["value"], list(MODELS.values()))


def test_dots_are_the_folds_and_intervals_the_estimates(performance):
    axes = plot_performance(performance).axes[1]
    auc = performance[performance["metric"] == "roc_auc"]
    dots = np.concatenate([dots.get_offsets()[:, 0] for dots in axes.collections if isinstance(dots, PathCollection)])
    np.testing.assert_allclose(np.sort(dots), np.sort(auc.loc[auc["fold"] != "all", "value"]))
    intervals = [lines.get_segments()[0][:, 0] for lines in axes.collections if hasattr(lines, "get_segments")]
    np.testing.assert_allclose(intervals, auc.loc[auc["fold"] == "all", ["ci_low", "ci_high"]])


def test_controls_stand_below_a_line_that_names_them(performance):
    axes = plot_performance(performance).axes[0]
    places = dict(zip([label.get_text() for label in axes.get_yticklabels()], axes.get_yticks(), strict=True))
    line = next(line.get_ydata()[0] for line in axes.lines if list(line.get_xdata()) == [0, 1])
    assert places["Selected network"] < line < places["SVM, binarised scan"] < places["Age, sex and head size"]
    assert any(text.get_text().startswith("confound models") for text in axes.texts)
    models = plot_performance(performance[~performance["model"].isin(["svm_binarised", "covariates"])]).axes[0]
    assert not any(text.get_text().startswith("confound models") for text in models.texts)


def test_shuffled_labels_are_a_bar_over_their_range(performance):
    columns = ["permutation", "model", "metric", "value"]
    rows = [("1", "svm", "roc_auc", 0.44), ("2", "svm", "roc_auc", 0.57), ("3", "svm", "roc_auc", 0.5)]
    null = pd.DataFrame([*rows, ("1", "small", "balanced_accuracy", 0.4)], columns=columns)
    (bar,) = plot_performance(performance, null).axes[1].patches
    assert (bar.get_x(), bar.get_x() + bar.get_width()) == pytest.approx((0.44, 0.57))
    assert bar.get_y() + bar.get_height() / 2 == pytest.approx(0)  # the SVM's row
    assert not plot_performance(performance).axes[1].patches


def test_undefined_performance_is_said(performance):
    empty = plot_performance(performance.assign(value=np.nan, ci_low=np.nan, ci_high=np.nan))
    assert empty.axes[0].get_yticklabels()[0].get_text() == "Linear SVM"
    none = plot_performance(performance[performance["metric"] == "roc_auc"])
    assert [text.get_text() for text in none.axes[0].texts] == ["n/a"]


def test_every_model_and_measure_has_a_name():
    assert [model_name(name) for name in ("svm", "logistic", "A24", "svm_binarised", "covariates")] == [
        "Linear SVM",
        "Logistic regression",
        "Network “A24”",
        "SVM, binarised scan",
        "Age, sex and head size",
    ]
    assert model_name("logistic_brain_mask") == "Logistic regression, brain mask"
    assert model_name("small_binarised") == "Network “small”, binarised scan"
    assert set(read_columns("performance")["metric"]["enum"]) <= set(METRIC_NAMES)
