from tests.synthetic_results import SyntheticStudy
from workflow.scripts import plot_truth


def test_figure_is_written(tmp_path, grid, brain):
    study = SyntheticStudy(tmp_path / "study", grid, brain).write()
    figure = tmp_path / "truth.svg"
    plot_truth.main(study.path("overlap/scores.tsv"), ["meta_analysis", "truth"], [figure])
    drawn = figure.read_text()
    assert all(f"<!-- {text} -->" in drawn for text in ("1  VBM t", "against the ground truth"))
