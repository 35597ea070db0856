from relmaps.catalogue.tables import TABLES
from relmaps.io.files import read_json
from relmaps.io.tables import read_table
from relmaps.report.tables import study_tables
from tests.synthetic_results import SyntheticStudy


def test_the_catalogue_lists_the_tables_that_are_made(tmp_path, grid, brain):
    study = SyntheticStudy(tmp_path, grid, brain).write()
    made = study_tables(
        {name: read_table(path) for name, path in study.published().items()},
        {name: read_json(path) for name, path in study.sidecars().items()},
        {name: read_json(path) for name, path in study.references_sidecars().items()},
    )
    assert list(made) == list(TABLES)
    assert all(len(table.rows) for table in made.values())
