import pytest

from relmaps.errors import UserError
from relmaps.files import sha256_of
from relmaps.tables import read_table
from workflow.scripts.ingest_cohort import main

LABELS = {"column": "diagnosis", "disease": "AD", "control": "CN"}
IDS = ["sub-001", "sub-002", "sub-003", "sub-004"]


def ingest(simulated, tmp_path, planned):
    main(
        dataset=simulated.folder / "bids",
        participants=tmp_path / "participants.tsv",
        scans=tmp_path / "scans.tsv",
        left_out=tmp_path / "left_out.tsv",
        planned=planned,
        labels=LABELS,
        covariates={"age": "age", "sex": "sex"},
    )


def test_a_simulated_dataset_comes_in_by_the_bids_door(simulated, tmp_path):
    ingest(simulated, tmp_path, IDS)
    scans = read_table(tmp_path / "scans.tsv")
    assert scans["scan_id"].tolist() == IDS
    assert scans["sha256"][0] == sha256_of(scans["path"][0])
    assert sorted(read_table(tmp_path / "participants.tsv")["label"]) == [0, 0, 1, 1]
    assert len(read_table(tmp_path / "left_out.tsv")) == 0


def test_a_folder_that_changed_since_planning_is_noticed(simulated, tmp_path):
    with pytest.raises(UserError, match="changed while the study was planned"):
        ingest(simulated, tmp_path, IDS[:3])
