import errno

import pytest

from relmaps.cohort.dicom import hash_of_series
from relmaps.io.errors import MachineError, UserError
from relmaps.io.files import hash_file
from relmaps.io.tables import read_table
from relmaps.study.config import read_config
from workflow.scripts import ingest_cohort
from workflow.scripts.ingest_cohort import main

pytestmark = pytest.mark.fault

IDS = ["sub-001", "sub-002", "sub-003", "sub-004"]


def ingest(dataset, tmp_path, planned, source="simulated"):
    settings = read_config()["cohort"]
    main(
        dataset=dataset,
        participants=tmp_path / "participants.tsv",
        scans=tmp_path / "scans.tsv",
        left_out=tmp_path / "left_out.tsv",
        notes=tmp_path / "notes.tsv",
        planned=planned,
        source=source,
        settings=settings | {"source": source},
    )


def test_a_simulated_dataset_comes_in_by_the_bids_door(simulated, tmp_path):
    ingest(simulated.folder / "bids", tmp_path, IDS)
    scans = read_table(tmp_path / "scans.tsv")
    assert scans["scan_id"].tolist() == IDS
    assert scans["sha256"][0] == hash_file(scans["path"][0])
    assert sorted(read_table(tmp_path / "participants.tsv")["label"]) == [0, 0, 1, 1]
    assert len(read_table(tmp_path / "left_out.tsv")) == 0
    assert (tmp_path / "notes.tsv").read_text() == "stage\tnote\n"


def test_a_folder_that_changed_since_planning_is_noticed(simulated, tmp_path):
    with pytest.raises(UserError, match="changed while the study was planned"):
        ingest(simulated.folder / "bids", tmp_path, IDS[:3])


def test_a_series_has_the_hash_of_its_files_and_an_empty_folder_has_none(tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full/1.dcm").write_bytes(b"x")
    (tmp_path / "empty").mkdir()
    rows = ["participant_id,path,diagnosis,age,sex", "1,full,AD,70,f", "2,empty,CN,71,m"]
    (tmp_path / "table.csv").write_text("\n".join(rows))
    ingest(tmp_path / "table.csv", tmp_path, ["sub-1", "sub-2"], source="dicom")
    hashes = read_table(tmp_path / "scans.tsv")["sha256"]
    assert hashes[0] == hash_of_series(tmp_path / "full")
    assert hashes.isna().tolist() == [False, True]


def test_what_was_found_in_the_tables_is_written_and_logged(tmp_path, caplog):
    rows = ["participant_id,path,diagnosis,age,sex", "1,a.nii,AD,89+,f", "2,b.nii,CN,71,m", "3,c.nii,cn,71,m"]
    (tmp_path / "table.csv").write_text("\n".join(rows))
    for name in "abc":
        (tmp_path / f"{name}.nii").touch()
    ingest(tmp_path / "table.csv", tmp_path, ["sub-1", "sub-2"], source="table")
    notes = read_table(tmp_path / "notes.tsv")
    assert set(notes["stage"]) == {"cohort"}
    assert notes["note"].tolist() == [
        "1 participant: left out, or some of their images, because their diagnosis is nearly a group of the study: "
        "'cn' for CN (1).",
        "The age of 1 participant is not exact: '89+' as 89 (1).",
    ]
    assert [record.getMessage() for record in caplog.records if record.levelname == "WARNING"] == notes["note"].tolist()


def test_a_scan_that_the_machine_cannot_read_ends_the_job(tmp_path, monkeypatch):
    """Without its hash, an external validation would take it for a scan that was never trained on."""

    def fail(_):
        raise OSError(errno.EIO, "")

    (tmp_path / "1.nii").write_bytes(b"x")
    (tmp_path / "2.nii").write_bytes(b"y")
    rows = ["participant_id,path,diagnosis,age,sex", "1,1.nii,AD,70,f", "2,2.nii,CN,71,m"]
    (tmp_path / "table.csv").write_text("\n".join(rows))
    monkeypatch.setattr(ingest_cohort, "hash_file", fail)
    with pytest.raises(MachineError, match=f"^{tmp_path / '1.nii'}: its drive failed"):
        ingest(tmp_path / "table.csv", tmp_path, ["sub-1", "sub-2"], source="table")
