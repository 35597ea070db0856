from relmaps.cohort.prepared import write_prepared
from relmaps.io.tables import read_table
from workflow.scripts.preprocess_scans import main


def test_a_bad_scan_does_not_stop_the_others(simulated, tmp_path):
    bad = tmp_path / "sub-009_T1w.nii.gz"
    bad.write_bytes(b"not an image")
    good = simulated.folder / "bids/sub-001/anat/sub-001_T1w.nii.gz"
    never = {"scan_id": "sub-002", "path": None, "reason": "a folder without DICOM files"}
    write_prepared([never], tmp_path / "prepared.tsv")
    main(
        scans=[
            ["sub-009", "sub-009", None, str(bad)],
            ["sub-001", "sub-001", None, str(good)],
            ["sub-002", "sub-002", None, str(tmp_path / "never-made.nii.gz")],
        ],
        prepared=[tmp_path / "prepared.tsv"],
        template=simulated.folder / "template",
        qc=tmp_path / "qc.tsv",
        derivatives=tmp_path / "derivatives",
        space=simulated.space,
        settings={
            "input_voxel_mm": 8,
            "registration": "SyN",
            "registration_voxel_mm": 8,
            "iterations": (10, 5),
            "code": "as it is",
        },
    )
    qc = read_table(tmp_path / "qc.tsv").set_index("scan_id")
    assert qc["status"].to_dict() == {"sub-009": "failed", "sub-001": "ok", "sub-002": "failed"}
    assert qc.loc["sub-002", "reason"] == "a folder without DICOM files"
    assert "not a NIfTI image" in qc.loc["sub-009", "reason"]
    written = {path.name for path in tmp_path.glob("derivatives/sub-001/anat/*")}
    assert f"sub-001_space-{simulated.space}_label-GM_desc-modulated_probseg.nii.gz" in written
    assert not (tmp_path / "derivatives/sub-009").exists()
