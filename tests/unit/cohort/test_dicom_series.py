import logging
import random
import shutil

import pydicom
import pytest
from pydicom.uid import generate_uid

from relmaps.cohort.dicom_series import check_complete, check_duplicates, read_series
from relmaps.io.errors import ScanError
from tests.dicom_series import Series

pytestmark = pytest.mark.fault

N = 20
EVEN, LAST = range(1, N, 2), range(15, N)


@pytest.fixture
def series():
    """20 slices, 6 mm apart, that touch."""
    return Series.random((N, 5, 4))


def with_protocol(slices, slabs=1):
    """A folder's files with Siemens' protocol, as text in the CSA series header."""

    def add(folder):
        for path in folder.iterdir():
            image = pydicom.dcmread(path)
            block = image.private_block(0x0029, "SIEMENS CSA HEADER", create=True)
            text = f"SV10\0 sSliceArray.lSize\t = \t{slabs}\nsKSpace.lImagesPerSlab = {slices}\n"
            block.add_new(0x20, "OB", text.encode() + b"\0" * (len(text) % 2))
            image.save_as(path, enforce_file_format=True)

    return add


def with_count(slices, group=0x2001, creator="Philips Imaging DD 001", element=0x18):
    """The maker's own number of slices."""

    def add(folder):
        for path in folder.iterdir():
            image = pydicom.dcmread(path)
            image.private_block(group, creator, create=True).add_new(element, "SS", slices)
            image.save_as(path, enforce_file_format=True)

    return add


def nothing(folder):
    pass


@pytest.mark.parametrize(
    ("without", "changes", "add", "words"),
    [
        (EVEN, {}, nothing, "slices lie 12 mm apart, but SliceThickness is 6 mm: slices are missing; fetch"),
        (EVEN, {"InstanceNumber": lambda k: k // 2 + 1}, nothing, "12 mm apart, but SliceThickness is 6 mm: slices"),
        (EVEN, {"SpacingBetweenSlices": 6}, nothing, "12 mm apart, but SpacingBetweenSlices is 6 mm: slices"),
        (
            EVEN,  # slices of a 2D scan with gaps between them
            {"MRAcquisitionType": "2D", "SpacingBetweenSlices": 6, "SliceThickness": 5},
            nothing,
            "12 mm apart, but SpacingBetweenSlices is 6 mm: slices are missing",
        ),
        (
            EVEN,  # slices that touch: a spacing of 6 mm might be meant as the gap, but the numbers are against it
            {"MRAcquisitionType": "2D", "SpacingBetweenSlices": 6},
            nothing,
            "12 mm apart, but SpacingBetweenSlices is 6 mm and instance numbers go up by 2: slices are missing",
        ),
        (
            EVEN,
            {"MRAcquisitionType": "2D", "SliceThickness": 4},
            nothing,
            "12 mm apart, but SliceThickness is 4 mm and instance numbers go up by 2: slices are missing",
        ),
        (
            EVEN,  # slices that overlap
            {"SpacingBetweenSlices": 6, "SliceThickness": 12},
            nothing,
            "12 mm apart, but SpacingBetweenSlices is 6 mm and instance numbers go up by 2: slices are missing",
        ),
        (
            EVEN,
            {"ImageType": ["DERIVED", "SECONDARY", "M"], "InstanceNumber": lambda k: N - k},
            nothing,
            "12 mm apart, but SliceThickness is 6 mm and instance numbers go up by 2: slices are missing",
        ),
        ([k for k in range(N) if k % 3], {}, nothing, "18 mm apart, but SliceThickness is 6 mm: slices are missing"),
        (LAST, {"ImagesInAcquisition": N}, nothing, "15 slices, but ImagesInAcquisition is 20: slices are missing"),
        (
            range(5),
            {"ImagesInAcquisition": 3 * N, "NumberOfTemporalPositions": 3, "InstanceNumber": lambda k: k},
            nothing,
            "15 slices, but ImagesInAcquisition is 20: slices are missing",
        ),
        (range(10, N), {"NumberOfSlices": N}, nothing, "10 slices, but NumberOfSlices is 20: slices are missing"),
        (LAST, {}, with_protocol(N), "15 slices, but Siemens' images per slab is 20: slices are missing"),
        (LAST, {}, with_count(N), "15 slices, but Philips' number of slices is 20: slices are missing"),
        (
            range(10, N),
            {"ImagesInAcquisition": N},
            with_count(N, 0x0021, "GEMS_RELA_01", 0x4F),
            "10 slices, but GE's locations in acquisition is 20: slices are missing",
        ),
    ],
)
def test_a_series_that_the_scanner_s_numbers_contradict_is_refused(series, tmp_path, without, changes, add, words):
    series.write(tmp_path / "in", without=without, **{"MRAcquisitionType": "3D"} | changes)
    add(tmp_path / "in")
    with pytest.raises(ScanError) as error:
        check_complete(read_series(tmp_path / "in"))
    assert str(error.value).startswith(f"{tmp_path / 'in'}: ")
    assert words in str(error.value)


@pytest.mark.parametrize(
    ("changes", "add"),
    [
        ({}, nothing),
        ({"ImagesInAcquisition": N}, with_protocol(N)),
        ({"InstanceNumber": lambda k: k}, nothing),
        ({"InstanceNumber": lambda k: 101 + k}, nothing),
        ({"InstanceNumber": lambda k: N - k}, with_count(N)),
        ({"InstanceNumber": lambda k: 1 + k // 2 + N // 2 * (k % 2)}, nothing),  # in the order of acquisition
        ({"InstanceNumber": lambda k: 3 * k + 2, "ImagesInAcquisition": 3 * N}, nothing),  # second of three echoes
        ({"InstanceNumber": lambda k: N + k + 1, "ImagesInAcquisition": 2 * N}, nothing),
        ({"InstanceNumber": lambda k: k + 1 + k // 7}, nothing),  # something else has these numbers
        ({"InstanceNumber": 1}, nothing),
        ({"InstanceNumber": None, "SliceThickness": None}, nothing),
        ({"ImagesInAcquisition": 1, "NumberOfSlices": 0}, with_protocol(16)),
        ({"ImagesInAcquisition": 30, "ImageType": ["DERIVED", "SECONDARY", "REFORMATTED"]}, with_protocol(33)),
        ({"SliceThickness": 1.5, "ImageType": ["DERIVED", "SECONDARY", "MPR"]}, nothing),
        ({"SliceThickness": 12, "SpacingBetweenSlices": 6}, nothing),  # slices that overlap
        ({"SliceThickness": 5.7, "SpacingBetweenSlices": 0}, nothing),
        ({"MRAcquisitionType": "2D", "SliceThickness": 3}, nothing),  # gaps as wide as the slices
        ({"MRAcquisitionType": "2D", "SliceThickness": 3, "SpacingBetweenSlices": 3}, nothing),  # spacing of the gaps
        ({"MRAcquisitionType": "2D", "SliceThickness": 4, "SpacingBetweenSlices": 2}, nothing),
        (
            {"MRAcquisitionType": "2D", "InstanceNumber": lambda k: 2 * k + 1, "SliceThickness": 4},
            nothing,
        ),  # two echoes
        ({"SpacingBetweenSlices": 36}, nothing),  # once round an interleaved acquisition
        ({}, with_protocol(8, slabs=3)),
    ],
)
def test_an_honest_series_is_taken(series, tmp_path, changes, add):
    series.write(tmp_path / "in", **{"MRAcquisitionType": "3D"} | changes)
    add(tmp_path / "in")
    check_duplicates(read_series(tmp_path / "in"))
    check_complete(read_series(tmp_path / "in"))


def test_what_only_looks_odd_is_logged(series, tmp_path, caplog):
    series.write(tmp_path / "whole")
    check_complete(read_series(tmp_path / "whole"))
    assert not caplog.messages
    series.write(tmp_path / "cut", without=range(5))
    check_complete(read_series(tmp_path / "cut"))
    assert caplog.messages == [
        f"{tmp_path / 'cut'}: 15 slices have instance numbers from 6 to 20; check that the series is whole"
    ]
    caplog.clear()
    series.write(tmp_path / "half", without=range(10, N), ImagesInAcquisition=N)
    check_complete(read_series(tmp_path / "half"))
    assert caplog.messages == [
        f"{tmp_path / 'half'}: 10 slices, but ImagesInAcquisition is 20; check that the others are of other echoes"
    ]


def test_frames_of_an_enhanced_file_are_its_slices(series, tmp_path):
    series.write_enhanced(tmp_path / "whole", MRAcquisitionType="3D", ImagesInAcquisition=N)
    check_complete(read_series(tmp_path / "whole"))
    for name, without, changes, words in [
        ("every second", EVEN, {}, "slices lie 12 mm apart, but SliceThickness is 6 mm: slices are missing"),
        ("cut", LAST, {"ImagesInAcquisition": N}, "15 slices, but ImagesInAcquisition is 20: slices are missing"),
        ("short", (), {"NumberOfFrames": 21}, "1-000.dcm describes 20 frames, but NumberOfFrames is 21; fetch"),
    ]:
        series.write_enhanced(tmp_path / name, without=without, **{"MRAcquisitionType": "3D"} | changes)
        with pytest.raises(ScanError, match=words):
            check_complete(read_series(tmp_path / name))


def test_a_slice_that_is_there_twice_is_named(series, tmp_path):
    paths = series.write(tmp_path / "in", EchoTime=lambda k: 3)
    check_duplicates(read_series(tmp_path / "in"))
    again = tmp_path / "in/deep/again"
    again.parent.mkdir()
    shutil.copy(paths[3], again)
    words = r"in: 1-003\.dcm and deep/again hold the same slice; keep one of them"
    with pytest.raises(ScanError, match=words):
        check_duplicates(read_series(tmp_path / "in"))
    image = pydicom.dcmread(paths[3])
    image.SOPInstanceUID = image.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    image.save_as(again)
    with pytest.raises(ScanError, match=words):
        check_duplicates(read_series(tmp_path / "in"))
    image.EchoTime = 5  # another echo of that slice
    image.save_as(again)
    check_duplicates(read_series(tmp_path / "in"))


def test_one_uid_in_all_files_makes_no_slice_the_same(series, tmp_path):
    series.write(tmp_path / "in", SOPInstanceUID="1.2.3")
    check_duplicates(read_series(tmp_path / "in"))


def test_what_is_no_image_is_ignored_and_said_but_a_damaged_image_is_not(series, tmp_path, caplog):
    paths = series.write(tmp_path / "in")
    paths[0].write_bytes(paths[0].read_bytes()[:400])
    paths[1].write_bytes(paths[1].read_bytes()[:133])
    report = pydicom.dcmread(paths[2])
    del report.Rows
    report.SOPClassUID = report.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.88.22"
    report.save_as(paths[2])
    (tmp_path / "in/.hidden.dcm").write_bytes(paths[3].read_bytes())
    (tmp_path / "in/notes.txt").write_text("a note")
    with caplog.at_level(logging.INFO):
        found = read_series(tmp_path / "in")
    assert found.others == [paths[2]]
    assert sorted(found.images) == sorted({*paths} - {paths[2]})
    assert caplog.messages == [f"{tmp_path / 'in'}: 1 DICOM files without an image are ignored (1-002.dcm)"]


def test_damaged_headers_raise_nothing_but_scan_errors(series, tmp_path):
    draw, reasons = random.Random(0), []
    series.write(tmp_path / "classic", MRAcquisitionType="3D", NumberOfFrames=1)
    series.write_enhanced(tmp_path / "enhanced")
    for folder, times in ((tmp_path / "classic", 10), (tmp_path / "enhanced", 100)):
        contents = {path: path.read_bytes() for path in folder.iterdir()}
        for _ in range(times):
            for path, content in contents.items():
                spoilt = bytearray(content)
                for _ in range(draw.randint(0, 6)):
                    spoilt[draw.randrange(200, len(spoilt) - 40)] = draw.randrange(256)
                path.write_bytes(spoilt)
            try:
                found = read_series(folder)
                check_duplicates(found)
                check_complete(found)
            except ScanError as error:
                reasons.append(str(error).startswith(f"{folder}: "))
    assert len(reasons) > 3
    assert all(reasons)
