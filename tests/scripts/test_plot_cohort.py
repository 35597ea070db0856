from PIL import Image

from tests.synthetic_results import SyntheticStudy
from workflow.scripts import plot_cohort


def test_figure_is_written_in_each_format(tmp_path, grid, brain):
    study = SyntheticStudy(tmp_path, grid, brain).write()
    figures = [tmp_path / f"figures/cohort{suffix}" for suffix in (".png", ".svg", ".pdf")]
    plot_cohort.main(
        participants=study.path("cohort/participants.tsv"),
        scans=study.path("cohort/scans.tsv"),
        exclusions=study.path("cohort/exclusions.tsv"),
        subjects=study.path("preprocess/subjects.tsv"),
        figures=figures,
    )
    with Image.open(figures[0]) as image:
        assert round(image.info["dpi"][0]) == 300
    assert figures[1].read_text().startswith("<?xml")
    assert figures[2].read_bytes().startswith(b"%PDF")
