import errno
import gzip
import shutil
import sys
import tempfile

import nibabel as nib
import numpy as np
import pydicom
import pytest
from pydicom import uid

from relmaps.cohort import dicom
from relmaps.cohort.dicom import convert, hash_of_series
from relmaps.io import machine
from relmaps.io.errors import MachineError, ScanError
from tests.dicom_series import COLUMN_MM, ROW_MM, SLICE_MM, Series

pytestmark = pytest.mark.fault


@pytest.fixture
def series():
    return Series.random()


def fake_dcm2niix(monkeypatch, tmp_path, code):
    program = tmp_path / "dcm2niix"
    program.write_text(f"#!{sys.executable}\nimport os, signal, sys, time\n{code}\n")
    program.chmod(0o755)
    monkeypatch.setattr(dicom.dcm2niix, "bin", str(program))


def values_at(image, positions):
    """Values at positions in mm, which must be voxel centres."""
    indices = nib.affines.apply_affine(np.linalg.inv(image.affine), positions)
    assert np.abs(indices - np.round(indices)).max() < 1e-3
    return image.get_fdata()[tuple(np.round(indices).astype(int).reshape(-1, 3).T)]


@pytest.mark.parametrize("changes", [{}, {"RescaleSlope": 2.5, "RescaleIntercept": -7}, {"PixelRepresentation": 1}])
def test_each_voxel_keeps_its_value_and_its_place_in_the_world(series, tmp_path, changes):
    series.write(tmp_path / "in", **changes)
    convert(tmp_path / "in", tmp_path / "out/scan.nii.gz")
    image = nib.load(tmp_path / "out/scan.nii.gz")
    assert sorted(image.shape) == sorted(series.voxels.shape)
    assert sorted(image.header.get_zooms()) == pytest.approx(sorted([COLUMN_MM, ROW_MM, SLICE_MM]), abs=1e-4)
    expected = series.voxels * changes.get("RescaleSlope", 1) + changes.get("RescaleIntercept", 0)
    assert np.abs(values_at(image, series.coordinates()) - expected.ravel()).max() < 1e-3
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["scan.nii.gz"]


def test_the_same_series_gives_the_same_bytes_whatever_its_folder_is_called(series, tmp_path):
    series.write(tmp_path / "in")
    odd = tmp_path / "-o [é] {x} 'y' $HOME; ls" / ("long" * 50) / ("long" * 50) / ("long" * 50) / "deep"
    shutil.copytree(tmp_path / "in", odd / "part")
    convert(tmp_path / "in", tmp_path / "a.nii.gz")
    convert(odd, tmp_path / "b.nii.gz")
    convert(odd, tmp_path / "c.nii")
    assert (tmp_path / "a.nii.gz").read_bytes() == (tmp_path / "b.nii.gz").read_bytes()
    assert gzip.decompress((tmp_path / "a.nii.gz").read_bytes()) == (tmp_path / "c.nii").read_bytes()
    assert hash_of_series(odd) == hash_of_series(tmp_path / "in")


def test_other_files_beside_the_series_do_no_harm(series, tmp_path):
    path = series.write(tmp_path / "in")[0]
    (tmp_path / "in/notes.txt").write_text("a note")
    for name, kind in {
        "sr.dcm": uid.EnhancedSRStorage,
        "pr": uid.GrayscaleSoftcopyPresentationStateStorage,
        "ko.dcm": uid.KeyObjectSelectionDocumentStorage,
        "csa": uid.UID("1.3.12.2.1107.5.9.1"),  # Siemens' own, with a spectrum or a protocol
    }.items():
        report = pydicom.dcmread(path)
        for keyword in ("Rows", "Columns", "PixelData", "ImagePositionPatient", "ImageOrientationPatient"):
            delattr(report, keyword)
        report.SOPClassUID = report.file_meta.MediaStorageSOPClassUID = kind
        report.SOPInstanceUID = report.file_meta.MediaStorageSOPInstanceUID = uid.generate_uid()
        report.save_as(tmp_path / "in" / name, enforce_file_format=True)
    convert(tmp_path / "in", tmp_path / "scan.nii.gz")
    assert sorted(nib.load(tmp_path / "scan.nii.gz").shape) == sorted(series.voxels.shape)


def test_an_enhanced_series_in_one_file_is_converted(series, tmp_path):
    series.write_enhanced(tmp_path / "in")
    convert(tmp_path / "in", tmp_path / "scan.nii.gz")
    image = nib.load(tmp_path / "scan.nii.gz")
    np.testing.assert_allclose(values_at(image, series.coordinates()), series.voxels.ravel(), atol=1e-3)


def no_folder(series, folder):
    pass


def empty_folder(series, folder):
    folder.mkdir()


def no_dicom(series, folder):
    folder.mkdir()
    (folder / "a.dcm").write_bytes(b"not DICOM" * 100)


def truncated_pixels(series, folder):
    path = series.write(folder)[10]
    path.write_bytes(path.read_bytes()[:-300])


def truncated_header(series, folder):
    path = series.write(folder)[-1]
    path.write_bytes(path.read_bytes()[:300])


def emptied_file(series, folder):
    series.write(folder)[-1].write_bytes(b"")


def missing_slice(series, folder):
    series.write(folder, without=[7])


def missing_slice_of_signed_values(series, folder):
    series.write(folder, without=[7], PixelRepresentation=1)


def two_series(series, folder):
    series.write(folder)
    series.write(folder / "second", number=2)


def two_volumes(series, folder):
    for path in series.write(folder):
        image = pydicom.dcmread(path)
        image.SOPInstanceUID = image.file_meta.MediaStorageSOPInstanceUID = pydicom.uid.generate_uid()
        image.InstanceNumber += len(series.voxels)
        image.AcquisitionNumber = 2
        image.save_as(folder / f"again-{path.name}")


def one_slice(series, folder):
    series.write(folder, without=range(1, len(series.voxels)))


def phase(series, folder):
    series.write(folder, ImageType=["ORIGINAL", "PRIMARY", "P", "ND"])


def every_second_slice(series, folder):
    series.write(folder, without=range(1, len(series.voxels), 2))


def cut_at_the_end(series, folder):
    series.write(folder, without=range(15, 20), ImagesInAcquisition=20)


def same_file_twice(series, folder):
    shutil.copy(series.write(folder)[3], folder / "again.dcm")


def in_syntax(syntax, without=()):
    """Voxels are left as they are: dcm2niix looks at the name of the syntax first."""

    def fill(series, folder):
        for number, path in enumerate(series.write(folder)):
            image = pydicom.dcmread(path)
            if number not in without:
                image.file_meta.TransferSyntaxUID = syntax
                if syntax.is_encapsulated:
                    image.PixelData = pydicom.encaps.encapsulate([image.PixelData])
                    image["PixelData"].is_undefined_length = True
            image.save_as(path, enforce_file_format=True)

    return fill


@pytest.mark.parametrize(
    ("fill", "words"),
    [
        (every_second_slice, "slices lie 12 mm apart, but SliceThickness is 6 mm: slices are missing; fetch the"),
        (cut_at_the_end, "15 slices, but ImagesInAcquisition is 20: slices are missing; fetch the series again"),
        (same_file_twice, r"1-003\.dcm and again\.dcm hold the same slice; keep one of them"),
        (
            in_syntax(uid.DeflatedExplicitVRLittleEndian),
            r"cannot read transfer syntax Deflated.* \(1\.2\.840\.10008\.1\.2\.1\.99\); decompress .* gdcmconv --raw",
        ),
        (
            in_syntax(uid.MPEG2MPML),
            r"cannot read transfer syntax MPEG2 .*\(1\.2\.840\.10008\.1\.2\.4\.100\); decompress .* gdcmconv",
        ),
        (
            in_syntax(uid.HTJ2KLossless),
            r"dcm2niix failed \(.*\) on transfer syntax High-Throughput JPEG 2000 .*dcmdjpeg",
        ),
        (
            in_syntax(uid.DeflatedExplicitVRLittleEndian, without=range(10)),
            r"only 10 of 20 DICOM files can be read; decompress those of transfer syntax Deflated",
        ),
        (no_folder, "no such folder"),
        (empty_folder, "no DICOM image in it"),
        (no_dicom, "no DICOM image in it"),
        (truncated_pixels, r"dcm2niix failed \(.*File not large enough"),
        (truncated_header, "only 19 of 20 DICOM files can be read"),
        (emptied_file, "only 19 of 20 DICOM files can be read"),
        (missing_slice, "slices are missing or unevenly spaced"),
        (missing_slice_of_signed_values, "slices are missing or unevenly spaced"),
        (two_series, "2 images in it; give each series a folder of its own"),
        (two_volumes, "is not a 3D volume"),
        (one_slice, "is not a 3D volume"),
        (phase, "not a plain magnitude image"),
    ],
)
def test_a_folder_that_is_not_one_volume_has_a_reason_and_gives_no_file(series, tmp_path, fill, words):
    folder, target = tmp_path / "series of a", tmp_path / "out.nii.gz"
    fill(series, folder)
    with pytest.raises(ScanError, match=words) as error:
        convert(folder, target)
    assert str(error.value).startswith(f"{folder}: ")
    assert "relmaps-" not in str(error.value)
    assert "\n" not in str(error.value)
    assert not target.exists()


def test_a_program_that_hangs_is_stopped(monkeypatch, tmp_path):
    fake_dcm2niix(monkeypatch, tmp_path, "time.sleep(60)")
    monkeypatch.setattr(dicom, "TIMEOUT_S", 1)
    with pytest.raises(ScanError, match="not done in 1 s"):
        convert(tmp_path, tmp_path / "out.nii.gz")


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ("sys.exit(7)", "dcm2niix ended with status 7, no message; look at the machine"),
        ("print('Error: no libm.so.6'); sys.exit(127)", "dcm2niix ended with status 127, Error: no libm.so.6; look"),
        ("os.kill(os.getpid(), signal.SIGKILL)", "dcm2niix ended with status -9, no message; look at the machine"),
        ("print('Resource temporarily unavailable'); sys.exit(1)", "no further thread or process can be started; run"),
    ],
)
def test_a_fault_of_the_machine_is_not_blamed_on_the_scan(monkeypatch, tmp_path, code, fault):
    fake_dcm2niix(monkeypatch, tmp_path, code)
    with pytest.raises(MachineError, match=f"^{tmp_path}: {fault}.*, then go on with make resume$"):
        convert(tmp_path, tmp_path / "out.nii.gz")


def test_a_full_disk_is_named_by_its_folder(monkeypatch, tmp_path):
    fake_dcm2niix(monkeypatch, tmp_path, "print('Error: Unable to write scan.nii (disk full?)'); sys.exit(1)")
    with pytest.raises(MachineError, match=f"^{tempfile.gettempdir()}: no space is left on the disk; free some space"):
        convert(tmp_path, tmp_path / "out.nii.gz")


def test_a_volume_that_was_cut_short_is_a_fault_of_the_machine(series, monkeypatch, tmp_path):
    nib.save(nib.Nifti1Image(series.voxels.astype(np.int16), np.eye(4)), tmp_path / "whole.nii")
    code = f"part = open({str(tmp_path / 'whole.nii')!r}, 'rb').read()[:-1]\n"
    fake_dcm2niix(monkeypatch, tmp_path, code + "open(sys.argv[-2] + '/scan.nii', 'wb').write(part)")
    with pytest.raises(MachineError, match="a temporary file was cut short; free some space there"):
        convert(tmp_path, tmp_path / "out.nii.gz")


def test_a_failure_without_a_reason_is_the_machine_s_where_it_lacks_memory(monkeypatch, tmp_path):
    def none(*_):
        raise OSError(errno.ENOMEM, "Cannot allocate memory")

    fake_dcm2niix(monkeypatch, tmp_path, "os.kill(os.getpid(), signal.SIGSEGV)")
    monkeypatch.setattr(machine.mmap, "mmap", none)
    with pytest.raises(MachineError, match="memory ran out"):
        convert(tmp_path, tmp_path / "out.nii.gz")


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("print('Warning: odd'); print('bye'); sys.exit(1)", r"dcm2niix failed \(Warning: odd\)"),
        ("os.kill(os.getpid(), signal.SIGSEGV)", r"dcm2niix failed \(no message\)"),
        ("print('done')", r"dcm2niix made no image of it \(done\)"),
    ],
)
def test_the_last_complaint_becomes_the_reason(monkeypatch, tmp_path, code, words):
    fake_dcm2niix(monkeypatch, tmp_path, code)
    with pytest.raises(ScanError, match=words):
        convert(tmp_path, tmp_path / "out.nii.gz")


def test_the_hash_of_a_series_is_that_of_its_content(series, tmp_path):
    paths = series.write(tmp_path / "in")
    before = hash_of_series(tmp_path / "in")
    paths[0].rename(tmp_path / "in/renamed")
    assert hash_of_series(tmp_path / "in") == before
    paths[1].write_bytes(paths[1].read_bytes() + b"\0")
    assert hash_of_series(tmp_path / "in") != before
    (tmp_path / "empty").mkdir()
    for folder in ("empty", "gone"):
        with pytest.raises(OSError):
            hash_of_series(tmp_path / folder)
