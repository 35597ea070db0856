import numpy as np
import pandas as pd
import pytest

from relmaps.figures.sanity import plot_sanity, select_look
from tests.synthetic_checks import HEATMAPS, LAYERS, randomisation


@pytest.fixture
def table():
    return pd.concat([randomisation(name) for name in HEATMAPS])


def test_cascades_begin_with_the_unchanged_map_and_average_folds(table):
    figure = plot_sanity(table)
    axes = figure.axes[3]  # rank correlation, cascading
    mine = table[(table["map"] == "integrated_gradients") & (table["order"] == "cascading")]
    expected = [mine.loc[mine["layer"] == layer, "spearman"].mean() for layer in LAYERS]
    line = axes.lines[HEATMAPS.index("integrated_gradients")]
    np.testing.assert_allclose(line.get_ydata(), [1, *expected])
    assert [label.get_text() for label in figure.axes[6].get_xticklabels()] == ["none", "dense 1", "conv 2", "conv 1"]


def test_each_layer_alone_and_the_other_class_are_points(table):
    figure = plot_sanity(table)
    for column, order in ((1, "independent"), (2, "random_logit")):
        mine = table[(table["map"] == "lrp") & (table["order"] == order)]
        expected = mine.groupby("layer", dropna=False, sort=False)["ssim"].mean()
        line = figure.axes[column].lines[0]
        np.testing.assert_allclose(line.get_ydata(), expected)
        assert line.get_linestyle() == "None"


def test_maps_without_a_line_of_their_own_can_be_told_apart():
    looks = [select_look(f"method_{place}", place) for place in range(16)]
    assert len({(look["color"], look["linestyle"]) for look in looks}) == 16
    assert len({(look["linestyle"], look["marker"]) for look in looks}) == 16  # without colour
