from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from relmaps.io.errors import UserError
from relmaps.io.tables import write_table
from relmaps.reference.neuroquery import read_database
from relmaps.reference.papers import choose_papers, count_terms, make_experiments, read_allow_list
from tests.neuroquery_files import Paper, write_neuroquery

pytestmark = pytest.mark.fault

FOCI = [(float(n), 0.0, -float(n)) for n in range(10)]
AD = {"alzheimer disease": 2}
PAPERS = [
    Paper("1", "Atrophy in Alzheimer’s disease", {"Table 1": FOCI[:2], "Table 2": [*FOCI[1:3], FOCI[5]]}, AD),
    Paper("2", "Gray-matter loss", {"Table 1": FOCI[3:5]}, AD | {"atrophy": 1}),
    Paper("3", "Atrophy and fMRI", {"Table 1": FOCI[5:]}, AD),
    Paper("4", "ATROPHY in\nAlzheimer disease!", {"Table 1": FOCI[8:]}, AD),
    Paper("5", "Atrophy again", {"Table 9": FOCI[4:2:-1]}, AD),
    Paper("6", "Nothing of the kind", {"Table 1": FOCI[:1], "Table 2": FOCI[6:8]}),
    Paper("7", "Atrophy without foci", {}, AD),
    Paper("8", "Atrophied", {"Table 1": FOCI}, AD),
]
REQUIRE = {
    "disease": {"terms": ["alzheimer disease", "alzheimer"], "fields": ["title", "abstract", "keywords"], "minimum": 2},
    "tissue": {"terms": ["atrophy", "gray matter"], "fields": ["title", "abstract"], "minimum": 1},
    "off": None,
}
EXCLUDE = {"modality": {"terms": ["fmri"], "fields": ["title"], "minimum": 1}, "off": None}


@pytest.fixture
def database(tmp_path):
    return read_database(write_neuroquery(tmp_path / "neuroquery", PAPERS))


def chosen(database, require=REQUIRE, exclude=EXCLUDE, maximum_foci=3, **kwargs):
    papers, foci = choose_papers(database, require, exclude, maximum_foci, **kwargs)
    return papers.set_index("pmid"), foci


def test_terms_are_counted_in_titles_as_words_and_elsewhere_as_neuroquery_did(database):
    rule = {"terms": ["alzheimer", "alzheimer disease", "gray matter"], "fields": ["title"], "minimum": 1}
    assert count_terms(database, rule).tolist() == [1, 1, 0, 1, 0, 0, 0, 0]
    everywhere = rule | {"fields": ["title", "abstract"]}
    assert count_terms(database, everywhere).tolist() == [3, 3, 2, 3, 2, 0, 2, 2]


def test_a_term_that_nobody_has_counted_is_named(database):
    with pytest.raises(UserError, match="has not counted 'alzheimer'; look for it in the field title"):
        count_terms(database, {"terms": ["atrophy", "alzheimer"], "fields": ["abstract"], "minimum": 1})


def test_every_paper_that_is_required_has_its_reason(database):
    papers, _ = chosen(database)
    assert papers["reason"].to_dict() == {
        "1": "disease 3, tissue 1",
        "2": "disease 2, tissue 2",
        "3": "left out: modality",
        "4": "left out: same title or foci as 1",
        "5": "left out: same title or foci as 2",
        "7": "left out: no foci",
    }
    assert papers["n_used"].to_dict() == {"1": 3, "2": 2, "3": 0, "4": 0, "5": 0, "7": 0}


def test_foci_count_once_and_are_capped_in_the_order_of_the_tables(database):
    papers, foci = chosen(database)
    assert (papers["n_foci"]["1"], papers["capped"]["1"], papers["tables"]["1"]) == (4, "true", "Table 1, Table 2")
    assert (papers["n_foci"]["2"], papers["capped"]["2"]) == (2, "false")
    np.testing.assert_array_equal(foci.loc[foci["pmid"] == "1", ["x", "y", "z"]], FOCI[:3])
    papers, foci = chosen(database, maximum_foci=2)
    assert papers["tables"]["1"] == "Table 1"
    assert foci["pmid"].value_counts().max() == 2


def test_a_paper_whose_first_foci_are_those_of_another_is_left_out(tmp_path):
    papers = [Paper("1", "One", {"Table 1": FOCI[:3]}), Paper("2", "Two", {"Table 1": [*FOCI[1::-1], FOCI[5]]})]
    papers.append(Paper("3", "Three", {"Table 1": [FOCI[0], *FOCI[6:]]}))
    database = read_database(write_neuroquery(tmp_path, papers))
    require = {"any": {"terms": ["one", "two", "three"], "fields": ["title"], "minimum": 1}}
    assert chosen(database, require, {}, maximum_foci=2)[0]["n_used"].tolist() == [2, 0, 2]
    assert chosen(database, require, {}, maximum_foci=3)[0]["n_used"].tolist() == [3, 3, 3]
    assert chosen(database, require, {}, maximum_foci=1)[0]["n_used"].tolist() == [1, 1, 1]


def test_a_paper_that_stands_twice_or_is_in_talairach_space_counts_once_or_not_at_all(tmp_path):
    papers = [
        Paper("1", "One", {"Table 1": FOCI[:2]}),
        Paper("1", "One again"),
        Paper("2", "One", {"Table 1": FOCI[3:5]}),
    ]
    database = read_database(write_neuroquery(tmp_path, papers))
    require = {"any": {"terms": ["one"], "fields": ["title"], "minimum": 1}}
    table, foci = choose_papers(replace(database, talairach=frozenset({"2"})), require, {}, 9)
    assert table["reason"].tolist() == [
        "any 1",
        "left out: same title or foci as 1",
        "left out: foci in Talairach space",
    ]
    (experiment,) = make_experiments(table, foci, 20)
    assert experiment.name == "PMID 1: One"


def test_tables_on_the_allow_list_are_taken_whatever_the_rules_say_and_no_other_of_that_paper(database, tmp_path):
    listed = pd.DataFrame({"pmid": ["6", "3", "1"], "table": ["Table 2", "t1", "Table 2"]})
    write_table(listed, tmp_path / "allowed.tsv")
    allowed = read_allow_list(tmp_path / "allowed.tsv", database)
    papers, foci = chosen(database, maximum_foci=9, allowed=allowed)
    assert set(papers.index[papers["reason"] == "table on the allow-list"]) == {"1", "3", "6"}
    np.testing.assert_array_equal(foci.loc[foci["pmid"] == "6", ["x", "y", "z"]], FOCI[6:8])
    assert papers["n_used"][["1", "3", "6"]].tolist() == [3, 5, 2]
    alone, _ = chosen(database, require={"disease": None}, maximum_foci=9, allowed=allowed)
    assert set(alone.index) == {"1", "3", "6"}


def test_a_table_that_is_not_there_is_named(database, tmp_path):
    write_table(pd.DataFrame({"pmid": ["6"], "table": ["Table 5"]}), tmp_path / "allowed.tsv")
    with pytest.raises(UserError, match=r"allowed\.tsv: NeuroQuery has no 'Table 5' of PMID 6"):
        read_allow_list(tmp_path / "allowed.tsv", database)


def test_rules_that_no_paper_keeps_are_a_mistake(database):
    never = {"disease": REQUIRE["disease"] | {"minimum": 99}}
    with pytest.raises(UserError, match="no paper fits the rules"):
        chosen(database, require=never)


def test_experiments_have_the_assumed_size_and_the_papers_foci(database):
    papers, foci = choose_papers(database, REQUIRE, EXCLUDE, 3)
    first, second = make_experiments(papers, foci, 20)
    assert (first.name, first.subjects, first.space) == ("PMID 1: Atrophy in Alzheimer’s disease", 20, "MNI")
    np.testing.assert_array_equal(first.foci, FOCI[:3])
    assert second.name == "PMID 2: Gray-matter loss"
