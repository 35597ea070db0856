import pandas as pd

from relmaps.io.tables import read_table, write_table
from relmaps.reference.sleuth import read_label, read_sleuth
from tests.neuroquery_files import Paper, write_neuroquery
from workflow.scripts import select_foci

PAPERS = [
    Paper("1", "Atrophy", {"Table 1": [(1, 2, 3), (4, 5, 6)]}),
    Paper("2", "Anything", {"Table 1": [(7, 8, 9)], "Table 2": [(1, 1, 1)]}),
]
RULES = {
    "require": {"tissue": {"terms": ["atrophy"], "fields": ["title"], "minimum": 1}},
    "exclude": {},
    "maximum_foci": 1,
    "assumed_sample_size": 17,
}


def test_writes_a_labelled_literature_and_which_papers_it_has(tmp_path):
    folder = write_neuroquery(tmp_path / "neuroquery", PAPERS)
    write_table(pd.DataFrame({"pmid": ["2"], "table": ["Table 2"]}), tmp_path / "allowed.tsv")
    outputs = {"foci": tmp_path / "foci.txt", "papers": tmp_path / "papers.tsv"}
    select_foci.main(folder, tmp_path / "allowed.tsv", RULES, **outputs)
    assert "not a curated contrast; sample size of every paper assumed to be 17" in read_label(outputs["foci"])
    first, second = read_sleuth(outputs["foci"])
    assert (first.name, first.subjects, first.foci.tolist()) == ("PMID 1: Atrophy", 17, [[1, 2, 3]])
    assert second.foci.tolist() == [[1, 1, 1]]
    papers = read_table(outputs["papers"], text=("pmid",))
    assert papers["n_used"].tolist() == [1, 1]
    assert (tmp_path / "papers.json").exists()


def test_a_folder_that_is_not_given_is_downloaded(tmp_path, monkeypatch):
    fetched = write_neuroquery(tmp_path / "fetched", PAPERS)
    monkeypatch.setattr(select_foci, "fetch_database", lambda scratch: fetched)
    outputs = {"foci": tmp_path / "foci.txt", "papers": tmp_path / "papers.tsv"}
    select_foci.main(None, None, RULES, **outputs)
    assert len(read_sleuth(outputs["foci"])) == 1
