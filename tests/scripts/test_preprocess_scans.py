import resource
import tempfile

import pytest

from relmaps.cohort.prepared import write_prepared
from relmaps.io.errors import MachineError
from relmaps.io.tables import read_table
from tests.small_disk import enlarge, small_disk_at
from workflow.scripts.preprocess_scans import main

SETTINGS = {
    "input_voxel_mm": 8,
    "registration": "SyN",
    "registration_voxel_mm": 8,
    "iterations": (10, 5),
    "code": "as it is",
}


def preprocess(simulated, folder, scans, prepared=()):
    """Write folder/qc.tsv and folder/derivatives."""
    main(
        scans=scans,
        prepared=prepared,
        template=simulated.folder / "template",
        qc=folder / "qc.tsv",
        derivatives=folder / "derivatives",
        space=simulated.space,
        settings=SETTINGS,
    )


def raw_of(simulated, name):
    return [name, name, None, str(simulated.folder / f"bids/{name}/anat/{name}_T1w.nii.gz")]


def test_a_bad_scan_does_not_stop_the_others(simulated, tmp_path):
    bad = tmp_path / "sub-009_T1w.nii.gz"
    bad.write_bytes(b"not an image")
    never = {"scan_id": "sub-002", "path": None, "reason": "a folder without DICOM files"}
    write_prepared([never], tmp_path / "prepared.tsv")
    scans = [
        ["sub-009", "sub-009", None, str(bad)],
        raw_of(simulated, "sub-001"),
        ["sub-002", "sub-002", None, str(tmp_path / "never-made.nii.gz")],
    ]
    preprocess(simulated, tmp_path, scans, [tmp_path / "prepared.tsv"])
    qc = read_table(tmp_path / "qc.tsv").set_index("scan_id")
    assert qc["status"].to_dict() == {"sub-009": "failed", "sub-001": "ok", "sub-002": "failed"}
    assert qc.loc["sub-002", "reason"] == "a folder without DICOM files"
    assert "not a NIfTI image" in qc.loc["sub-009", "reason"]
    written = {path.name for path in tmp_path.glob("derivatives/sub-001/anat/*")}
    assert f"sub-001_space-{simulated.space}_label-GM_desc-modulated_probseg.nii.gz" in written
    assert not (tmp_path / "derivatives/sub-009").exists()


@pytest.mark.fault
def test_without_space_for_temporary_files_no_scan_is_excluded(simulated, tmp_path, monkeypatch):
    with small_disk_at(tmp_path / "tmp", "400k") as temporary:
        monkeypatch.setattr(tempfile, "tempdir", str(temporary))
        remedy = "free some space there or set TMPDIR to another folder, then go on with make resume"
        with pytest.raises(MachineError, match=f"^{temporary}: a temporary file was cut short .*; {remedy}$"):
            preprocess(simulated, tmp_path, [raw_of(simulated, "sub-001")])
        assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
        enlarge(temporary, "50m")
        preprocess(simulated, tmp_path, [raw_of(simulated, "sub-001")])
    assert read_table(tmp_path / "qc.tsv")["status"].tolist() == ["ok"]


@pytest.mark.fault
def test_a_scan_whose_temporary_files_were_cut_short_is_not_taken(simulated, tmp_path):
    """ANTs reads them without a word, as after `ulimit -f`, and the scan would pass with wrong tissue maps."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, hard))  # less than a warp has
    try:
        with pytest.raises(MachineError, match="a temporary file was cut short"):
            preprocess(simulated, tmp_path, [raw_of(simulated, "sub-001")])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert not (tmp_path / "qc.tsv").exists()
