import pytest

from relmaps.figures.trainings import plot_trainings
from relmaps.io.tables import read_table
from tests.synthetic_results import SKILL, SyntheticStudy


def drawn(folder, grid, brain, **options):
    study = SyntheticStudy(folder, grid, brain, references=("truth",), **options).write()
    tables = (read_table(study.path(f"overlap/{name}.tsv")) for name in ("retraining", "scores"))
    return plot_trainings(*tables, ["truth"]).axes[0]


def test_each_training_has_a_mark_and_the_group_map_a_line(tmp_path, grid, brain):
    axes = drawn(tmp_path, grid, brain)
    marks = {line.get_marker(): line for line in axes.lines if len(line.get_xdata()) == 1 and line.get_ydata()[0] < 0.5}
    assert {marker: line.get_xdata()[0] for marker, line in marks.items()} == pytest.approx(
        {"o": SKILL["lrp"] - 0.05, "s": SKILL["lrp"] - 0.1}
    )
    assert marks["o"].get_ydata()[0] < marks["s"].get_ydata()[0]
    group = axes.collections[0].get_segments()[0]
    assert group[0][0] == pytest.approx(SKILL["lrp"])


def test_without_scores_it_is_said(tmp_path, grid, brain):
    assert "n/a" in drawn(tmp_path, grid, brain, empty_mask=True).texts[0].get_text()
