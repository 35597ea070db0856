import numpy as np
import pytest

from relmaps.figures.truth import plot_truth
from relmaps.io.tables import read_table
from tests.synthetic_results import MAPS, SKILL, SyntheticStudy


def test_points_are_overlaps_with_either_reference(tmp_path, grid, brain):
    study = SyntheticStudy(tmp_path, grid, brain).write()
    scores = read_table(study.path("overlap/scores.tsv"))
    against_ale = (scores["reference"] == "meta_analysis") & (scores["map"] == "lrp")
    scores.loc[against_ale, "value"] -= 0.1
    axes = plot_truth(scores, "truth", ["meta_analysis", "truth"]).axes[0]
    points = [(line.get_xdata()[0], line.get_ydata()[0]) for line in axes.lines if line.get_marker() == "o"]
    expected = [(SKILL[name] - 0.1 * (name == "lrp"), SKILL[name]) for name in MAPS]
    np.testing.assert_allclose(sorted(points), sorted(expected))
    pale = axes.collections[0].get_offsets()
    assert len(pale) == 3 * len(MAPS)
    order = sorted(MAPS, key=SKILL.get, reverse=True)
    numbers = {text.get_text(): text.get_position()[1] for text in axes.texts}
    assert [numbers[str(place)] for place in range(1, len(MAPS) + 1)] == [SKILL[name] for name in order]


@pytest.mark.parametrize(("truth", "references"), [(None, ["meta_analysis"]), ("truth", ["truth"])])
def test_without_both_there_is_nothing_to_show(tmp_path, grid, brain, truth, references):
    study = SyntheticStudy(tmp_path, grid, brain, references=tuple(references)).write()
    axes = plot_truth(read_table(study.path("overlap/scores.tsv")), truth, references).axes[0]
    assert "n/a" in axes.texts[0].get_text()


def test_an_empty_mask_is_said(tmp_path, grid, brain):
    study = SyntheticStudy(tmp_path, grid, brain, empty_mask=True).write()
    axes = plot_truth(read_table(study.path("overlap/scores.tsv")), "truth", ["meta_analysis", "truth"]).axes
    assert all("empty" in panel.texts[0].get_text() for panel in axes[:2])
