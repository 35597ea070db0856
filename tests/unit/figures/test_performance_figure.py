import numpy as np
import pytest
from matplotlib.collections import PathCollection

from relmaps.figures.performance import draw_performance, overall
from relmaps.tables import read_table
from tests.synthetic_results import SyntheticStudy


@pytest.fixture
def performance(tmp_path, grid, brain):
    return read_table(SyntheticStudy(tmp_path, grid, brain, folds=3).write().path("classify/performance.tsv"))


def test_overall_takes_the_mean_over_seeds_in_a_fixed_order(performance):
    single = performance[performance["fold"] == "all"].assign(seed="0", value=0.1)
    rows = overall(single.merge(performance, how="outer").sample(frac=1, random_state=0), "balanced_accuracy")
    assert rows["model"].tolist() == ["svm", "small", "selected"]
    np.testing.assert_allclose(rows["value"], [0.85, 0.79, 0.79])


def test_dots_are_the_folds_and_intervals_the_estimates(performance):
    axes = draw_performance(performance).axes[1]
    auc = performance[performance["metric"] == "roc_auc"]
    dots = np.concatenate([dots.get_offsets()[:, 0] for dots in axes.collections if isinstance(dots, PathCollection)])
    np.testing.assert_allclose(np.sort(dots), np.sort(auc.loc[auc["fold"] != "all", "value"]))
    intervals = [lines.get_segments()[0][:, 0] for lines in axes.collections if hasattr(lines, "get_segments")]
    np.testing.assert_allclose(intervals, auc.loc[auc["fold"] == "all", ["ci_low", "ci_high"]])


def test_undefined_performance_is_said(performance):
    empty = draw_performance(performance.assign(value=np.nan, ci_low=np.nan, ci_high=np.nan))
    assert empty.axes[0].get_yticklabels()[0].get_text() == "Linear SVM"
    none = draw_performance(performance[performance["metric"] == "roc_auc"])
    assert [text.get_text() for text in none.axes[0].texts] == ["n/a"]
