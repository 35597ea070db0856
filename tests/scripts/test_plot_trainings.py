from tests.synthetic_results import SyntheticStudy
from workflow.scripts import plot_trainings


def test_figure_is_written(tmp_path, grid, brain):
    study = SyntheticStudy(tmp_path, grid, brain).write()
    tables = [study.path(f"overlap/{name}.tsv") for name in ("retraining", "scores")]
    plot_trainings.main(*tables, list(study.references), [tmp_path / "trainings.svg"])
    assert "<!-- SVM activation pattern -->" in (tmp_path / "trainings.svg").read_text()
