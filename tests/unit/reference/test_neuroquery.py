import gzip
from pathlib import Path
from urllib.error import URLError

import nimare.extract
import numpy as np
import pandas as pd
import pytest

from relmaps.io.errors import UserError
from relmaps.reference.neuroquery import fetch_database, read_database
from tests.neuroquery_files import VOCABULARY, Paper, write_neuroquery

pytestmark = pytest.mark.fault

PAPERS = [
    Paper("007", "First", {"Table 1": [(1, 2, 3), (4, 5, 6)], "Table 2": [(7, 8, 9)]}, abstract={"atrophy": 3}),
    Paper("12", "Second,\nin two lines", {}, keywords={"task": 1}),
]


@pytest.mark.parametrize("prefix", ["", "data-neuroquery_version-1_"])
def test_a_folder_is_read_with_or_without_the_fetcher_s_prefix(tmp_path, prefix):
    database = read_database(write_neuroquery(tmp_path, PAPERS, prefix))
    assert database.papers["pmid"].tolist() == ["007", "12"]
    assert database.papers["title"][1] == "Second,\nin two lines"
    np.testing.assert_array_equal(database.foci[["x", "y", "z"]], [(1, 2, 3), (4, 5, 6), (7, 8, 9)])
    assert database.foci["table_id"].tolist() == ["t1", "t1", "t2"]
    assert database.counts["abstract"][0, database.terms["atrophy"]] == 3
    assert database.counts["keywords"][1, database.terms["task"]] == 1
    assert list(database.terms) == VOCABULARY


def test_a_file_that_is_not_fetched_is_named(tmp_path):
    path = next(write_neuroquery(tmp_path, PAPERS).glob("coordinates*"))
    path.unlink()
    path.symlink_to(tmp_path / "annex")
    with pytest.raises(UserError, match=r"coordinates\.tsv\.gz: the link leads nowhere; fetch it"):
        read_database(tmp_path)


@pytest.mark.parametrize("name", ["metadata", "coordinates"])
def test_papers_in_talairach_space_are_known_where_a_table_has_the_space(tmp_path, name):
    path = next(write_neuroquery(tmp_path, PAPERS).glob(f"{name}*"))
    assert read_database(tmp_path).talairach == frozenset()
    table = pd.read_csv(path, sep="\t", dtype=str)
    table["space"] = ["Talairach", *["MNI"] * (len(table) - 1)]
    table.to_csv(path, sep="\t", index=False)
    assert read_database(tmp_path).talairach == {"007"}


@pytest.mark.parametrize(
    ("name", "old", "new", "words"),
    [
        ("coordinates", "\t2\t", "\ttwo\t", "could not convert string to float: 'two'"),
        ("coordinates", "\ty\t", "\tY\t", r"\['y'\] not in index"),
        ("metadata", "title", "name", r"\['title'\] not in index"),
    ],
)
def test_a_table_without_numbers_or_a_column_is_damaged(tmp_path, name, old, new, words):
    path = next(write_neuroquery(tmp_path, PAPERS).glob(f"{name}*"))
    text = gzip.decompress(path.read_bytes()).decode()
    assert old in text
    path.write_bytes(gzip.compress(text.replace(old, new).encode()))
    with pytest.raises(UserError, match=f"a file of NeuroQuery is damaged .*{words}"):
        read_database(tmp_path)


def test_a_missing_file_is_named(tmp_path):
    next(write_neuroquery(tmp_path, PAPERS).glob("coordinates*")).unlink()
    with pytest.raises(UserError, match=r"no file ends in coordinates\.tsv\.gz; give the folder with NeuroQuery's"):
        read_database(tmp_path)


def test_a_damaged_file_is_named(tmp_path):
    folder = write_neuroquery(tmp_path, PAPERS)
    path = next(folder.glob("metadata*"))
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(UserError, match="a file of NeuroQuery is damaged"):
        read_database(folder)


def test_counts_of_other_papers_are_refused(tmp_path):
    folder = write_neuroquery(tmp_path, PAPERS)
    write_neuroquery(tmp_path / "other", PAPERS[:1])
    name = "vocab-neuroquery7547_source-abstract_type-count_features.npz"
    (tmp_path / "other" / name).replace(folder / name)
    with pytest.raises(UserError, match=r"source-abstract.*\(1, 5\) does not fit 2 papers and 5 terms"):
        read_database(folder)


def test_files_are_downloaded_without_becoming_a_studyset(tmp_path, monkeypatch):
    def fetch(data_dir, version, return_type, **wanted):
        assert (version, return_type) == ("1", "files")
        assert wanted == {"vocab": "neuroquery7547", "source": ["abstract", "keywords"], "type": "count"}
        folder = write_neuroquery(Path(data_dir) / "neuroquery", PAPERS, "data-neuroquery_version-1_")
        return [{"metadata": str(folder / "data-neuroquery_version-1_metadata.tsv.gz")}]

    monkeypatch.setattr(nimare.extract, "fetch_neuroquery", fetch)
    assert len(read_database(fetch_database(tmp_path)).papers) == 2


def test_the_fetcher_knows_the_files_by_these_names(tmp_path, monkeypatch):
    """Its manifest, with the network cut off."""

    def offline(url):
        raise URLError("no network")

    monkeypatch.setattr("nimare.extract.extract.urlopen", offline)
    with pytest.raises(
        UserError, match=r"NeuroQuery cannot be downloaded .*no network.*give the folder with its files"
    ):
        fetch_database(tmp_path)
