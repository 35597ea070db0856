from relmaps.io.tables import read_table
from tests.synthetic_results import MAPS, SyntheticStudy
from workflow.scripts import write_tables


def test_tables_are_written_as_tsv_page_and_latex(tmp_path, grid, brain):
    study = SyntheticStudy(tmp_path / "study", grid, brain).write()
    folder = tmp_path / "tables"
    write_tables.main(study.published(), study.sidecars(), study.references_sidecars(), folder)
    assert len(read_table(folder / "overlap.tsv")) == 2 * len(MAPS)
    page = (folder / "overlap.html").read_text()
    assert page.count("<tr>") == 1 + 2 * len(MAPS)
    assert "0.88 [0.85, 0.91]" in page
    assert "addEventListener" in page
    latex = (folder / "overlap.tex").read_text()
    assert latex.count(r"\\") == 1 + 2 * len(MAPS)
    assert "0.88 [0.85, 0.91]" in latex
    assert r"\label{tab:overlap}" in latex
    assert {path.suffix for path in folder.glob("performance.*")} == {".tsv", ".html", ".tex"}
    everything = "".join(path.read_text() for path in folder.iterdir())
    assert "sub-0" not in everything
