import numpy as np
import pytest

from relmaps.figures.stability import plot_stability
from tests.synthetic_checks import MAPS, agreement, location, stability


@pytest.fixture
def panels():
    return plot_stability(stability(), agreement(), location(), MAPS).axes


def test_every_pair_of_maps_has_its_number_on_both_sides(panels):
    matrix = panels[0].images[0].get_array().filled(np.nan)
    for row in agreement().itertuples():
        a, b = MAPS.index(row.map_a), MAPS.index(row.map_b)
        assert matrix[a, b] == matrix[b, a] == row.spearman_absolute
    assert np.isnan(np.diag(matrix)).all()
    numbers = [text.get_text() for text in panels[0].texts]
    assert len(numbers) == len(MAPS) * (len(MAPS) - 1)
    assert {"−.25", "−.01", ".95"} <= set(numbers)


def test_heatmaps_have_a_point_and_a_line_for_each_difference(panels):
    points = [line for line in panels[1].lines if line.get_marker() in "osD"]
    assert [line.get_xdata()[0] for line in points] == pytest.approx([0.6, 0.5, 0.4, 0.6, 0.5, 0.4, 0.5, 0.4])
    assert [round(line.get_ydata()[0]) for line in points] == [0, 0, 0, 1, 1, 1, 3, 3]
    assert [segment[0][0] for lines in panels[1].collections for segment in lines.get_segments()] == [0.3] * 8


def test_bars_are_shares_and_the_last_is_the_volume(panels):
    widths = [bar.get_width() for bar in panels[2].patches]
    expected = [[50] * 4 + [40], [20] * 4 + [30], [10] * 5, [20] * 5]
    np.testing.assert_allclose(widths, np.ravel(expected))
    assert [text.get_text() for text in panels[2].texts] == ["3.1 %", "3.1 %", "n/a", "3.1 %", "outside"]


def test_a_difference_without_pairs_is_not_in_the_legend():
    table = stability()
    table.loc[table["between"] == "architectures", ["spearman", "spearman_lowest"]] = np.nan
    figure = plot_stability(table, agreement(), location(), MAPS)
    labels = [text.get_text() for legend in figure.subfigs[1].legends for text in legend.get_texts()]
    assert labels[:3] == ["between seeds", "between folds", "grey matter"]
