from tests.synthetic_results import SyntheticStudy
from workflow.scripts import plot_ranking


def test_figure_is_written(tmp_path, grid, brain):
    study = SyntheticStudy(tmp_path, grid, brain).write()
    figure = tmp_path / "ranking.svg"
    plot_ranking.main(scores=study.path("overlap/scores.tsv"), references=list(study.references), figures=[figure])
    assert "<!-- Baseline -->" in figure.read_text()
