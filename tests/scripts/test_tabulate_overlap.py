from relmaps.tables import read_table
from tests.synthetic_results import MAPS, SyntheticStudy
from workflow.scripts import tabulate_overlap


def test_table_is_written_as_tsv_and_as_page(tmp_path, grid, brain):
    study = SyntheticStudy(tmp_path, grid, brain).write()
    tabulate_overlap.main(
        scores=study.path("overlap/scores.tsv"), tsv=tmp_path / "overlap.tsv", html=tmp_path / "overlap.html"
    )
    assert len(read_table(tmp_path / "overlap.tsv")) == 2 * len(MAPS)
    page = (tmp_path / "overlap.html").read_text()
    assert page.count("<tr>") == 1 + 2 * len(MAPS)
    assert "0.88 [0.85, 0.91]" in page
    assert "addEventListener" in page
