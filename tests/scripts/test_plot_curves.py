from tests.synthetic_results import SyntheticStudy
from workflow.scripts import plot_curves


def test_figure_is_written(tmp_path, grid, brain):
    study = SyntheticStudy(tmp_path, grid, brain).write()
    figure = tmp_path / "curves.svg"
    plot_curves.main(
        curves=study.path("overlap/curves.tsv"), maps=["lrp", "vbm_t"], references=["truth"], figures=[figure]
    )
    drawn = figure.read_text()
    assert "<!-- ROC against the ground truth -->" in drawn
    assert "<!-- VBM t -->" in drawn
    assert "meta-analysis" not in drawn
