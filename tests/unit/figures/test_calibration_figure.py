import numpy as np
import pytest

from relmaps.figures.calibration import plot_calibration
from relmaps.io.tables import read_table
from tests.synthetic_results import SyntheticStudy


@pytest.fixture
def tables(tmp_path, grid, brain):
    study = SyntheticStudy(tmp_path, grid, brain).write()
    return read_table(study.path("classify/calibration.tsv")), read_table(study.path("classify/performance.tsv"))


def test_points_and_intervals_are_those_of_the_table(tables):
    calibration, performance = tables
    figure = plot_calibration(calibration, performance)
    assert [axes.get_title() for axes in figure.axes] == [
        "Linear SVM",
        "Logistic regression",
        "Selected network",
    ]
    rows = calibration[calibration["model"] == "selected"]
    axes = figure.axes[2]
    np.testing.assert_allclose(axes.lines[1].get_xdata(), rows["mean_probability"])
    np.testing.assert_allclose(axes.lines[1].get_ydata(), rows["observed"])
    ends = [segment[:, 1] for segment in axes.collections[0].get_segments()]
    np.testing.assert_allclose(ends, rows[["ci_low", "ci_high"]])


def test_the_brier_score_is_noted_where_there_is_one(tables):
    notes = [[text.get_text() for text in axes.texts] for axes in plot_calibration(*tables).axes]
    assert notes == [["Brier score 0.160\n[0.130, 0.200]"], [], ["Brier score 0.184\n[0.154, 0.224]"]]


def test_empty_bins_are_left_out(tables):
    calibration, performance = tables
    calibration.loc[1, ["mean_probability", "observed", "ci_low", "ci_high"]] = np.nan
    assert len(plot_calibration(calibration, performance).axes[0].lines[1].get_xdata()) == 4


def test_no_probabilities_are_said(tables):
    (axes,) = plot_calibration(tables[0][:0], tables[1]).axes
    assert axes.texts[0].get_text().startswith("n/a")
