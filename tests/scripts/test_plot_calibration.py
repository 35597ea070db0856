from tests.synthetic_results import SyntheticStudy
from workflow.scripts import plot_calibration


def test_figure_is_written(tmp_path, grid, brain):
    study = SyntheticStudy(tmp_path, grid, brain).write()
    figure = tmp_path / "calibration.svg"
    plot_calibration.main(
        calibration=study.path("classify/calibration.tsv"),
        performance=study.path("classify/performance.tsv"),
        figures=[figure],
    )
    assert "<!-- mean predicted probability -->" in figure.read_text()
