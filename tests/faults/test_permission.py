"""Files that may not be read, as an unprivileged user meets them. Scans: tests/unit/preprocess/test_integrity.py."""

import pytest

from relmaps.classify.weights import load_classifier
from relmaps.cohort.sources.adni_tables import read_adnimerge
from relmaps.cohort.sources.bids import read_bids
from relmaps.cohort.sources.table import read_scan_table
from relmaps.io.errors import UserError
from relmaps.io.foreign import read_foreign_map
from relmaps.io.tables import read_table
from relmaps.reference.sleuth import read_sleuth
from tests.another_user import open_to_all, raised_for_another_user

pytestmark = pytest.mark.fault

SETTINGS = {
    "source": "table",
    "labels": {"column": "diagnosis", "disease": "AD", "control": "CN"},
    "covariates": {"age": None, "sex": None, "site": None},
    "table": {"participant": "participant_id", "path": "path", "session": None},
    "bids": {"sessions": None, "runs": None, "acquisitions": None, "allow": None},
}
READERS = {
    "participants.tsv": lambda path: read_bids(path.parent, SETTINGS),
    ".bidsignore": lambda path: read_bids(path.parent, SETTINGS),
    "scans.csv": lambda path: read_scan_table(path, SETTINGS),
    "adnimerge.csv": read_adnimerge,
    "exclusions.tsv": read_table,
    "foci.txt": read_sleuth,
    "map.nii.gz": read_foreign_map,
    "small.safetensors": load_classifier,
}


@pytest.mark.parametrize("name", READERS)
def test_a_file_without_permission_is_named(tmp_path, name):
    (tmp_path / "participants.tsv").write_text("participant_id\tdiagnosis\nsub-1\tAD\n")
    path = tmp_path / name
    path.touch()
    path.chmod(0)
    open_to_all(tmp_path)
    error = raised_for_another_user(lambda: READERS[name](path))
    assert isinstance(error, UserError)
    assert name in str(error)
    assert "ermission" in str(error)
    assert "\n" not in str(error)
