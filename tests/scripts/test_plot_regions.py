from tests.synthetic_results import MAPS, SyntheticStudy
from workflow.scripts import plot_regions


def test_figure_is_written(tmp_path, grid, brain):
    study = SyntheticStudy(tmp_path, grid, brain).write()
    plot_regions.main(study.path("overlap/regions.tsv"), MAPS, list(study.references), [tmp_path / "regions.svg"])
    drawn = (tmp_path / "regions.svg").read_text()
    for text in ("VBM t", "Ground truth", "hippocampus"):
        assert f"<!-- {text} -->" in drawn
