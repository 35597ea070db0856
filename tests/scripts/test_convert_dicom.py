import errno

import nibabel as nib
import pytest

from relmaps.io.errors import MachineError
from relmaps.io.files import read_json
from relmaps.io.tables import read_table
from tests.dicom_series import Series
from workflow.scripts import convert_dicom
from workflow.scripts.convert_dicom import main

pytestmark = pytest.mark.fault


@pytest.fixture
def scans(tmp_path):
    """Two good series and a folder without one."""
    (tmp_path / "raw/c").mkdir(parents=True)
    for seed, name in enumerate("ab"):
        Series.random(seed=seed).write(tmp_path / "raw" / name)
    return [
        [f"sub-{name}", str(tmp_path / "raw" / name), str(tmp_path / f"nifti/sub-{name}_T1w.nii.gz")] for name in "abc"
    ]


def test_each_scan_has_a_file_or_a_reason(scans, tmp_path):
    main(scans=scans, prepared=tmp_path / "batch.tsv")
    table = read_table(tmp_path / "batch.tsv").set_index("scan_id")
    assert table["path"].dropna().to_dict() == {"sub-a": scans[0][2], "sub-b": scans[1][2]}
    assert table["reason"].dropna().to_dict() == {
        "sub-c": f"{scans[2][1]}: cannot be read (no files in it); check the folder"
    }
    assert nib.load(scans[0][2]).ndim == 3
    assert read_json(tmp_path / "nifti/sub-a_T1w.json")["ConversionSoftware"] == "dcm2niix"
    assert {path.name for path in (tmp_path / "nifti").iterdir()} == {
        f"sub-{name}_T1w.{suffix}" for name in "ab" for suffix in ("nii.gz", "json")
    }


def test_a_series_is_converted_again_only_if_its_content_has_changed(scans, tmp_path, monkeypatch):
    done = []
    monkeypatch.setattr(
        convert_dicom, "convert", lambda folder, target: (done.append(folder), target.write_bytes(b"x"))
    )
    (tmp_path / "nifti").mkdir()
    main(scans=scans[:2], prepared=tmp_path / "batch.tsv")
    main(scans=scans[:2], prepared=tmp_path / "batch.tsv")
    assert done == [scans[0][1], scans[1][1]]
    Series.random(seed=9).write(tmp_path / "raw/b")
    main(scans=scans[:2], prepared=tmp_path / "batch.tsv")
    assert done == [scans[0][1], scans[1][1], scans[1][1]]
    (tmp_path / "nifti/sub-a_T1w.nii.gz").unlink()
    main(scans=scans[:2], prepared=tmp_path / "batch.tsv")
    assert done[3:] == [scans[0][1]]


def test_a_file_made_of_a_series_that_is_damaged_since_does_not_stay(scans, tmp_path):
    main(scans=scans[:1], prepared=tmp_path / "batch.tsv")
    (tmp_path / "raw/a/1-019.dcm").write_bytes(b"")
    main(scans=scans[:1], prepared=tmp_path / "batch.tsv")
    table = read_table(tmp_path / "batch.tsv")
    assert "only 19 of 20 DICOM files can be read" in table["reason"][0]
    assert table["path"].isna().all()
    assert not (tmp_path / "nifti/sub-a_T1w.nii.gz").exists()


@pytest.mark.fault
@pytest.mark.parametrize("number", [errno.EIO, errno.EMFILE])
def test_a_series_that_the_machine_cannot_read_ends_the_job_and_gets_no_row(scans, tmp_path, monkeypatch, number):
    def fail(_):
        raise OSError(number, "")

    monkeypatch.setattr(convert_dicom, "hash_of_series", fail)
    with pytest.raises(MachineError, match=f"^{scans[0][1]}: "):
        main(scans=scans, prepared=tmp_path / "batch.tsv")
    assert not (tmp_path / "batch.tsv").exists()
