from tests.synthetic_results import SyntheticStudy
from workflow.scripts import plot_performance


def test_figure_is_written(tmp_path, grid, brain):
    study = SyntheticStudy(tmp_path, grid, brain).write()
    figure = tmp_path / "performance.svg"
    plot_performance.main(performance=study.path("classify/performance.tsv"), figures=[figure])
    assert "<!-- Linear SVM -->" in figure.read_text()
