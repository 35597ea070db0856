import numpy as np
from matplotlib.collections import PathCollection

from relmaps.figures.quality import plot_quality
from relmaps.io.tables import read_table
from tests.synthetic_results import SyntheticStudy

GATES = {"similarity": [0.6, None]}


def drawn(study, exclude_on=GATES, **changes):
    qc = read_table(study.path("preprocess/qc.tsv")).assign(**changes)
    participants = read_table(study.path("cohort/participants.tsv"))
    return plot_quality(qc, participants, read_table(study.path("preprocess/subjects.tsv")), exclude_on).axes


def test_every_scan_is_shown_and_the_gate(tmp_path, grid, brain):
    study = SyntheticStudy(tmp_path, grid, brain).write()
    similarity, *others = drawn(study)
    heights = np.concatenate(
        [dots.get_offsets()[:, 1] for dots in similarity.collections if isinstance(dots, PathCollection)]
    )
    expected = read_table(study.path("preprocess/qc.tsv"))["similarity"]
    np.testing.assert_allclose(np.sort(heights), np.sort(expected))
    assert [text.get_text() for text in similarity.texts] == ["gate 0.6"]
    assert all(not axes.texts for axes in others)


def test_measures_that_are_missing_are_said(tmp_path, grid, brain):
    study = SyntheticStudy(tmp_path, grid, brain).write()
    some = read_table(study.path("preprocess/qc.tsv"))["gm_dice"].where(lambda values: values.index > 1)
    panels = drawn(study, brain_dice=np.nan, gm_dice=some)
    assert [text.get_text() for text in panels[1].texts] == ["n/a"]
    assert panels[2].get_xlabel() == "not known for 2"


def test_each_limit_of_a_measure_is_a_line(tmp_path, grid, brain):
    study = SyntheticStudy(tmp_path, grid, brain).write()
    limits = {"similarity": [None, None], "tiv_ml": [900, 2200.5], "noise": [None, 0.2], "jacobian_min": [0, None]}
    panels = {axes.get_title(loc="left") or axes.get_title(): axes for axes in drawn(study, limits)}
    gates = {title: [text.get_text() for text in axes.texts] for title, axes in panels.items() if axes.texts}
    assert gates == {"Total volume": ["gate 900", "gate 2200.5"], "Noise": ["gate 0.2"]}
    assert [line.get_ydata()[0] for line in panels["Total volume"].lines] == [900, 2200.5]
