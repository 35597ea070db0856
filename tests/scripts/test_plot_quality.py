from tests.synthetic_results import SyntheticStudy
from workflow.scripts import plot_quality


def test_figure_is_written(tmp_path, grid, brain):
    study = SyntheticStudy(tmp_path, grid, brain).write()
    figure = tmp_path / "quality.svg"
    plot_quality.main(
        qc=study.path("preprocess/qc.tsv"),
        participants=study.path("cohort/participants.tsv"),
        subjects=study.path("preprocess/subjects.tsv"),
        exclude_on={"similarity": [0.55, None]},
        figures=[figure],
    )
    assert "<!-- gate 0.55 -->" in figure.read_text()
