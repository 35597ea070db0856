import numpy as np
import pandas as pd

from relmaps.catalogue.names import map_name
from relmaps.figures.ranking import plot_ranking
from relmaps.figures.style import FAMILY_COLOURS
from relmaps.io.tables import read_table
from tests.synthetic_results import MAPS, SKILL, SyntheticStudy


def test_best_on_top_with_baselines_in_their_own_colour(tmp_path, grid, brain):
    study = SyntheticStudy(tmp_path, grid, brain).write()
    axes = plot_ranking(read_table(study.path("overlap/scores.tsv")), ["meta_analysis", "truth"]).axes[1]
    order = sorted(MAPS, key=SKILL.get, reverse=True)
    assert [label.get_text() for label in axes.get_yticklabels()] == [map_name(name) for name in order]
    assert axes.get_ylim()[0] > axes.get_ylim()[1]
    points = [line for line in axes.lines if line.get_marker() == "o"]
    np.testing.assert_allclose([line.get_xdata()[0] for line in points], [SKILL[name] for name in order])
    assert points[order.index("mean_t1")].get_color() == FAMILY_COLOURS["baseline"]
    assert points[order.index("lrp")].get_color() == FAMILY_COLOURS["heatmap"]


def test_the_ceiling_is_a_line_and_no_row(tmp_path, grid, brain):
    scores = read_table(SyntheticStudy(tmp_path, grid, brain).write().path("overlap/scores.tsv"))
    of_truth = scores[scores["map"] == "gm_probability"].assign(map="oracle", value=0.97)
    figure = plot_ranking(pd.concat([scores, of_truth]), ["meta_analysis", "truth"])
    for axes in figure.axes:
        assert map_name("oracle") not in [label.get_text() for label in axes.get_yticklabels()]
        (line,) = [line for line in axes.lines if line.get_color() == FAMILY_COLOURS["ceiling"]]
        assert line.get_xdata() == [0.97, 0.97]
    (legend,) = figure.legends
    assert legend.get_texts()[-1].get_text() == "Ceiling: Ground truth, smoothed"


def test_a_reference_without_mask_is_said(tmp_path, grid, brain):
    study = SyntheticStudy(tmp_path, grid, brain, references=("meta_analysis",), empty_mask=True).write()
    axes = plot_ranking(read_table(study.path("overlap/scores.tsv")), ["meta_analysis"]).axes[0]
    assert "empty" in axes.texts[0].get_text()
