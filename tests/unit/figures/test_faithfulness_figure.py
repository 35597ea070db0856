import numpy as np
import pandas as pd
import pytest

from relmaps.figures.faithfulness import plot_faithfulness
from tests.synthetic_checks import HEATMAPS, areas, faithfulness


@pytest.fixture
def figure():
    curves, sizes = (pd.concat([make(name) for name in HEATMAPS]) for make in (faithfulness, areas))
    return plot_faithfulness(curves, sizes)


def test_curves_are_those_over_all_folds(figure):
    titles = ["Deletion, mean of controls", "Insertion, mean of controls", "Better than random"]
    titles += ["Deletion, blurred scan", "Insertion, blurred scan", "Better than random"]
    assert [axes.get_title() for axes in figure.axes] == titles
    by_map, _, random = figure.axes[1].lines[:3]
    np.testing.assert_allclose(by_map.get_xdata(), [0, 20, 40, 60, 80, 100])
    rows = faithfulness("lrp").query("fold == 'all' and curve == 'insertion' and fill == 'control_mean'")
    np.testing.assert_allclose(by_map.get_ydata(), rows.query("order == 'map'")["evidence"])
    np.testing.assert_allclose(random.get_ydata(), rows.query("order == 'random'")["evidence"])


def test_areas_are_turned_so_that_more_is_better(figure):
    axes = figure.axes[5]
    rows = areas("lrp").query("fold == 'all' and fill == 'blurred'").set_index("curve")
    deletion, insertion = axes.lines[:2]
    assert deletion.get_xdata()[0] == pytest.approx(-rows.loc["deletion", "difference"])
    assert insertion.get_xdata()[0] == pytest.approx(rows.loc["insertion", "difference"])
    (ends,) = axes.collections[0].get_segments()
    expected = [-rows.loc["deletion", "difference_ci_high"], -rows.loc["deletion", "difference_ci_low"]]
    np.testing.assert_allclose(sorted(ends[:, 0]), expected)
