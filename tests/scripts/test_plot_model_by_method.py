from tests.synthetic_results import SyntheticStudy
from workflow.scripts import plot_model_by_method


def test_figure_is_written(tmp_path, grid, brain):
    study = SyntheticStudy(tmp_path, grid, brain).write()
    figure = tmp_path / "model_by_method.svg"
    plot_model_by_method.main(study.path("overlap/scores.tsv"), ["meta_analysis", "truth"], [figure])
    assert "<!-- activation pattern -->" in figure.read_text()
