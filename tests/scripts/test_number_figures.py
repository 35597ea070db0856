from workflow.scripts import number_figures


def test_named_files_get_numbers_and_captions(tmp_path):
    for name in ("ranking.svg", "cohort.tex"):
        (tmp_path / name).write_text(name)
    folder = tmp_path / "publication"
    numbered = {
        folder / "figure_5a_ranking.svg": tmp_path / "ranking.svg",
        folder / "table_1_cohort.tex": tmp_path / "cohort.tex",
    }
    number_figures.main(numbered, {"5a": "ranking"}, folder / "captions.md")
    assert (folder / "figure_5a_ranking.svg").read_text() == "ranking.svg"
    assert (folder / "table_1_cohort.tex").read_text() == "cohort.tex"
    captions = (folder / "captions.md").read_text()
    assert captions.startswith("**Figure 5a** (ranking). ROC AUC of each map")
    assert captions.count("**Figure") == 1
