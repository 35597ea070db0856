from tests.synthetic_results import SyntheticStudy
from workflow.scripts import plot_multiverse


def test_figure_is_written(tmp_path, grid, brain):
    study = SyntheticStudy(tmp_path / "study", grid, brain).write()
    figure = tmp_path / "multiverse.svg"
    tables = [study.path(f"overlap/{name}.tsv") for name in ("scores", "variants")]
    plot_multiverse.main(*tables, ["meta_analysis", "truth"], [figure])
    drawn = figure.read_text()
    assert all(f"<!-- {text} -->" in drawn for text in ("VBM t", "rank 1"))
