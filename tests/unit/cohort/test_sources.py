import pytest

from relmaps.catalogue.sources import SOURCES, settings_of_source
from relmaps.cohort.sources import list_tables, read_cohort
from relmaps.io.errors import UserError
from relmaps.study.config import read_schema

SETTINGS = {
    "labels": {"column": "dx", "disease": "AD", "control": "CN"},
    "covariates": {"age": None, "sex": None, "site": None},
    "bids": {"sessions": None, "runs": None, "acquisitions": None, "allow": None},
    "table": {"participant": "id", "path": "file", "session": None},
    "adni": {"search_csv": "search.csv", "adnimerge": None, "visits": None, "descriptions": None},
    "synthetic_atrophy": None,
    "exclusion_list": None,
}


@pytest.mark.parametrize("source", SOURCES)
def test_a_reader_gets_its_own_settings_and_refuses_what_is_not_there(source, tmp_path):
    settings = settings_of_source(SETTINGS | {"source": source})
    assert set(settings) == {"source", "labels", "covariates", "synthetic_atrophy", SOURCES[source].section}
    with pytest.raises(UserError, match=r"no\.csv: no such"):
        read_cohort(source, str(tmp_path / "no.csv"), settings)


@pytest.mark.parametrize(
    ("source", "tables"),
    [
        ("simulated", ["x/participants.tsv"]),
        ("bids", ["x/participants.tsv"]),
        ("adni", ["search.csv"]),
        ("table", ["x"]),
        ("dicom", ["x"]),
    ],
)
def test_tables_of_a_source(source, tables):
    assert list_tables(source, "x", settings_of_source(SETTINGS | {"source": source})) == tables


def test_the_configuration_offers_every_source_with_what_it_reads():
    choices = read_schema()["$defs"]["source"]
    assert choices["enum"] == list(SOURCES)
    assert "; bids reads the folder `input`, a BIDS dataset; " in choices["description"]
