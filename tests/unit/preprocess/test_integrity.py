"""The gate: every bad scan has its reason, every odd but honest file passes, and nothing else is ever raised."""

import errno
import gzip
import os
import re
import tracemalloc
import warnings
from pathlib import Path

import nibabel as nib
import numpy as np
import pandas as pd
import pytest

from relmaps.io.errors import MachineError, ScanError
from relmaps.preprocess import integrity
from relmaps.preprocess.integrity import content_hash, hash_of_raw, read_raw
from relmaps.simulation.phantom import build_phantom
from relmaps.simulation.simulate import ScanSettings, simulate_scan
from tests.another_user import open_to_all, raised_for_another_user
from tests.bad_scans import BAD_SCANS, in_scanner, packed, placed, small_head, wrapped, zipped
from tests.diseases import make_effects

pytestmark = pytest.mark.fault

ROOT = Path(__file__).resolve().parents[3]
REAL_SCANS = sorted((ROOT.parent / "shared" / "data" / "ds002748-8").glob("sub-*/anat/*_T1w.nii.gz"))[::4]


@pytest.fixture(scope="module")
def head() -> nib.Nifti1Image:
    return small_head()


@pytest.fixture(scope="module")
def simulated() -> nib.Nifti1Image:
    phantom = build_phantom()
    effects = make_effects(phantom, [{"centre": [40, -20, -10], "radii": [25, 30, 25], "loss": 1.0}])
    person = pd.Series({"severity_left": 1.0, "severity_right": 0.0, "age": 75.0})
    settings = ScanSettings(anatomy_mm=1.0, ageing=0, voxel_mm=8, noise=0.02, bias_field=0.2, seed=7)
    return simulate_scan(0, person, phantom, effects, settings)


def turned(image: nib.Nifti1Image) -> np.ndarray:
    return nib.as_closest_canonical(image).get_fdata(dtype=np.float32)


@pytest.mark.parametrize("name", BAD_SCANS)
def test_a_bad_scan_is_refused_in_one_line_or_passes_as_stated(head, tmp_path, name):
    case = BAD_SCANS[name]
    path = case.spoil(head, tmp_path / "sub-01_T1w")
    if case.words is None:
        assert min(read_raw(path).shape) == 23
        return
    with pytest.raises(ScanError) as caught:
        read_raw(path)
    reason = str(caught.value)
    assert reason.startswith(f"{path}: ")
    assert case.words in reason
    assert re.search(r"[^;]; [^;]+$", reason), "a remedy stands after the finding"
    assert "\n" not in reason


def test_a_file_without_permission_is_refused(head, tmp_path):
    path = zipped(packed(head), tmp_path / "raw")
    path.chmod(0)
    open_to_all(tmp_path)
    error = raised_for_another_user(lambda: read_raw(path))
    assert isinstance(error, ScanError)
    assert "raw.nii.gz: not readable; check its permissions" in str(error)


def test_a_pipe_is_refused_without_waiting_for_it(tmp_path):
    os.mkfifo(tmp_path / "raw.nii.gz")
    with pytest.raises(ScanError, match="not a file"):
        read_raw(tmp_path / "raw.nii.gz")


def test_what_unpacks_without_end_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(integrity, "MAX_BYTES", 5_000_000)
    with pytest.raises(ScanError, match=r"unpacks to more than 0.005 GB"):
        read_raw(zipped(bytes(9_000_000), tmp_path / "raw"))


def test_a_header_that_announces_much_costs_no_memory(head, tmp_path):
    path = placed(packed(head, dim=[3, 900, 700, 700, 1, 1, 1, 1], datatype=64), tmp_path / "raw", ".nii")
    tracemalloc.start()
    with pytest.raises(ScanError, match="announces 3528000352 bytes, the file holds 31264"):
        read_raw(path)
    assert tracemalloc.get_traced_memory()[1] < 1e6
    tracemalloc.stop()
    path = placed(packed(head, dim=[3, 900, 900, 900, 1, 1, 1, 1]), tmp_path / "raw", ".nii")
    with pytest.raises(ScanError, match="900 x 900 x 900 voxels, more than 500 million"):
        read_raw(path)


def test_a_scan_is_turned_to_ras_with_every_voxel_at_its_place(head, tmp_path):
    data = np.asarray(head.dataobj)
    affine = np.array([[0, 0, -7.0, 80], [-8.0, 0, 0, 95], [0, 6.0, 0, -84], [0, 0, 0, 1]])  # axes P, S, L
    nib.save(nib.Nifti1Image(data, affine), tmp_path / "raw.nii.gz")
    raw = read_raw(tmp_path / "raw.nii.gz")
    assert nib.aff2axcodes(raw.affine) == ("R", "A", "S")
    assert raw.get_data_dtype() == np.float32
    for voxel in [(0, 0, 0), (23, 2, 6), (1, 25, 20), (12, 13, 14)]:
        place = np.rint(np.linalg.inv(raw.affine) @ affine @ [*voxel, 1]).astype(int)[:3]
        assert raw.get_fdata()[tuple(place)] == data[voxel]


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("form", [nib.Nifti1Image, nib.Nifti2Image])
@pytest.mark.parametrize("kind", ["i1", "u1", "i2", "u2", "i4", "u4", "i8", "f4", "f8"])
def test_every_real_type_passes_with_its_values(head, tmp_path, kind, form, order):
    data = np.asarray(head.dataobj) // (10 if kind.endswith("1") else 1)
    image = in_scanner(
        form(data.astype(order + kind), head.affine, dtype=order + kind, header=form.header_class(None, order))
    )
    content = image.to_bytes()
    for path in (
        placed(content, tmp_path / "raw", ".nii"),
        placed(gzip.compress(content), tmp_path / "raw", ".NII.GZ"),
    ):
        raw = read_raw(path)
        np.testing.assert_array_equal(raw.get_fdata(dtype=np.float32), turned(nib.Nifti1Image(data, head.affine)))
        assert raw.affine[0, 0] == 8


@pytest.mark.parametrize(
    "change",
    [
        lambda content: content + bytes(24 * 28 * 2 - 1),
        lambda content: content[:352] + bytes(64) + content[352:],
    ],
    ids=["padded to a block", "header extension"],
)
def test_bytes_around_the_voxels_are_tolerated(head, tmp_path, change):
    offset = 416 if change(packed(head))[352:416] == bytes(64) else 352
    content = change(packed(head, vox_offset=offset))
    raw = read_raw(zipped(content, tmp_path / "raw"))
    np.testing.assert_array_equal(raw.get_fdata(dtype=np.float32), turned(head))


@pytest.mark.parametrize(
    "pack",
    [
        lambda content: gzip.compress(content) + bytes(512),
        lambda content: gzip.compress(content[:9000]) + gzip.compress(content[9000:]),
    ],
    ids=["zeros after the end", "in several members"],
)
def test_what_gzip_itself_reads_without_complaint_passes(head, tmp_path, pack):
    raw = read_raw(placed(pack(packed(head)), tmp_path / "raw"))
    np.testing.assert_array_equal(raw.get_fdata(dtype=np.float32), turned(head))


@pytest.mark.parametrize("name", ["my scan", "Kopf für Łódź 頭", "sub-[01]*{a,b}?", "-rf", "a.nii.gz.b"])
def test_a_name_may_hold_anything(head, tmp_path, name):
    assert read_raw(zipped(packed(head), tmp_path / name)).shape == (24, 28, 23)


def test_scaling_is_applied_and_a_slope_of_0_means_none(head, tmp_path):
    for slope, intercept, factor, shift in ((0, 7, 1, 0), (0, np.nan, 1, 0), (0.5, -3, 0.5, -3), (-1, 2000, -1, 2000)):
        raw = read_raw(zipped(packed(head, scl_slope=slope, scl_inter=intercept), tmp_path / "raw"))
        np.testing.assert_allclose(raw.get_fdata(), turned(head) * factor + shift)
    with pytest.raises(ScanError, match="scl_inter nan"):
        read_raw(zipped(packed(head, scl_slope=1, scl_inter=np.nan), tmp_path / "raw"))


def test_the_qform_alone_will_do_also_with_an_undefined_handedness(head, tmp_path):
    pixdim = [0, 8, 8, 8, 0, 0, 0, 0]
    image = nib.Nifti1Image(np.asarray(head.dataobj), np.diag([8.0, 8, 8, 1]))
    image.set_qform(image.affine, code="scanner")
    raw = read_raw(zipped(packed(image, sform_code=0, pixdim=pixdim), tmp_path / "raw"))
    np.testing.assert_allclose(raw.affine, image.affine)


@pytest.mark.parametrize("code", [2, 3, 4, 5])
def test_an_sform_in_another_space_than_the_qform_is_taken(head, tmp_path, code):
    moved = nib.affines.from_matvec(np.eye(3), [0, 30, 0]) @ head.affine
    content = packed(head, sform_code=code, srow_y=moved[1])
    np.testing.assert_allclose(read_raw(zipped(content, tmp_path / "raw")).affine[:, 3], [-92, -82, -84, 1])


def test_sizes_need_not_agree_with_an_sform_in_a_template_space(head, tmp_path):
    content = packed(head, qform_code=0, sform_code=4, srow_z=[0, 0, 8.8, -84])
    assert read_raw(zipped(content, tmp_path / "raw")).affine[2, 2] == pytest.approx(8.8)


def test_an_oblique_scan_with_rounded_numbers_passes(head, tmp_path):
    turn = nib.eulerangles.euler2mat(0.2, 0.1, -0.3)
    image = in_scanner(nib.Nifti1Image(np.asarray(head.dataobj), nib.affines.from_matvec(turn) @ head.affine))
    rounded = np.round(image.affine, 3)
    fields = {"srow_x": rounded[0], "srow_y": rounded[1], "srow_z": rounded[2]}
    np.testing.assert_allclose(read_raw(zipped(packed(image, **fields), tmp_path / "raw")).affine[0, 3], -85, atol=60)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"pixdim": [-1, 8, 8, 0.9, 0, 0, 0, 0], "sform_code": 0}, "longer than 8 times their width"),
        ({"pixdim": [-1, 11, 8, 8, 0, 0, 0, 0], "sform_code": 0}, "voxels of 11 x 8 x 8 mm, not between"),
        ({"pixdim": [-1, 8, np.nan, 8, 0, 0, 0, 0], "sform_code": 0}, r"affine \(qform\) has NaN"),
        ({"pixdim": [-1, 8, 0, 8, 0, 0, 0, 0], "sform_code": 0}, r"singular \(qform\)"),
        ({"quatern_b": 3, "sform_code": 0}, "qform is no rotation"),
        ({"qoffset_x": 1e5, "sform_code": 0}, "more than 10 m from the origin"),
        ({"vox_offset": 3}, "voxels start at byte 3"),
        ({"vox_offset": np.inf}, "voxels start at byte inf"),
        ({"datatype": 1}, "not one real number"),
        ({"datatype": 1536}, "not one real number"),
        ({"dim": [2, 24, 28, 1, 1, 1, 1, 1]}, "a single slice of 24 x 28 x 1"),
        ({"dim": [9, 24, 28, 23, 1, 1, 1, 1]}, "impossible dimensions"),
        ({"scl_slope": 1e-30}, "implausible intensities"),
    ],
)
def test_a_header_that_no_head_has_is_refused(head, tmp_path, fields, words):
    with pytest.raises(ScanError, match=words):
        read_raw(zipped(packed(head, **fields), tmp_path / "raw"))


@pytest.mark.slow
@pytest.mark.parametrize("top", [34000, 40000, 50000, 65000])
@pytest.mark.parametrize("kind", [np.int16, np.int32, np.float32])
def test_a_wrapped_simulated_scan_is_noticed_also_after_another_program_rewrote_it(simulated, tmp_path, top, kind):
    bad = wrapped(simulated, top)
    image = in_scanner(nib.Nifti1Image(np.asarray(bad.dataobj).astype(kind), bad.affine))
    with pytest.raises(ScanError, match="overflowed"):
        read_raw(zipped(image.to_bytes(), tmp_path / "raw"))


def test_a_wrapped_int8_scan_is_noticed(simulated, tmp_path):
    data = simulated.get_fdata()
    bad = np.rint(data * 200 / data.max()).astype(np.uint8).view(np.int8)
    with pytest.raises(ScanError, match="overflowed int8"):
        read_raw(zipped(in_scanner(nib.Nifti1Image(bad, simulated.affine)).to_bytes(), tmp_path / "raw"))


def _standardised(data, rng):
    return (data - data.mean()) / data.std()


def _standardised_without_background(data, rng):
    return np.where(data > 100, (data - data[data > 100].mean()) / data[data > 100].std(), 0)


def _noisy_background(data, rng):
    """As in the uniform image of MP2RAGE: what holds no signal is anything between the bounds."""
    return np.where(data > 200, data / data.max(), rng.uniform(-1, 1, data.shape))


def _ringing(data, rng):
    return data - 60 * rng.random(data.shape)


def _hounsfield(data, rng):
    return np.where(data > 100, data, -1024)


@pytest.mark.parametrize(
    "change", [_standardised, _standardised_without_background, _noisy_background, _ringing, _hounsfield]
)
@pytest.mark.parametrize("full_range", [True, False])
def test_an_honest_signed_scan_passes(simulated, tmp_path, rng, change, full_range):
    """Also where the values are stretched over all of int16, as programs do that store floats as integers."""
    data = change(simulated.get_fdata(), rng)
    stored = np.rint(data * (32767 / np.abs(data).max())).astype(np.int16) if full_range else data.astype(np.float32)
    assert stored.min() < 0
    read_raw(zipped(in_scanner(nib.Nifti1Image(stored, simulated.affine)).to_bytes(), tmp_path / "raw"))


def test_a_float_scan_that_nibabel_stored_as_int16_passes(simulated, tmp_path):
    """It maps the smallest value to -32768, with an intercept: there, negative numbers are the air."""
    image = nib.Nifti1Image(simulated.get_fdata() / 7, simulated.affine)
    image.set_data_dtype(np.int16)
    nib.save(image, tmp_path / "raw.nii.gz")
    read_raw(tmp_path / "raw.nii.gz")


@pytest.mark.slow
@pytest.mark.parametrize("path", REAL_SCANS or [None], ids=lambda path: path.name if path else "none")
def test_a_real_scan_passes_as_nibabel_reads_it(path):
    if path is None:
        pytest.skip("no folder shared/data/ds002748-8 beside the repository")
    raw, expected = read_raw(path), nib.as_closest_canonical(nib.load(path))
    np.testing.assert_array_equal(raw.get_fdata(dtype=np.float32), expected.get_fdata(dtype=np.float32))
    np.testing.assert_array_equal(raw.affine, expected.affine)


def test_the_same_content_has_the_same_hash_in_any_file(head, tmp_path):
    data = np.asarray(head.dataobj)
    right_handed = head.affine @ np.array([[-1, 0, 0, 23], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1.0]])
    big_endian = nib.Nifti2Image(data.astype(">f8"), head.affine, nib.Nifti2Header(None, ">"))
    paths = [
        zipped(packed(head), tmp_path / "one"),
        placed(packed(head), tmp_path / "two", ".nii"),
        placed(gzip.compress(packed(head, descrip=b"another", sform_code=0)), tmp_path / "three"),
        zipped(in_scanner(nib.Nifti1Image(data[::-1], right_handed)).to_bytes(), tmp_path / "four"),
        zipped(big_endian.to_bytes(), tmp_path / "five"),
    ]
    assert len({content_hash(read_raw(path)) for path in paths}) == 1


def test_other_content_has_another_hash(head, tmp_path):
    raw = read_raw(zipped(packed(head), tmp_path / "raw"))
    one_voxel = raw.get_fdata(dtype=np.float32).copy()
    one_voxel[3, 4, 5] += 1
    shifted = nib.affines.from_matvec(np.eye(3), [0.1, 0, 0]) @ raw.affine
    others = [
        nib.Nifti1Image(one_voxel, raw.affine),
        nib.Nifti1Image(raw.get_fdata(dtype=np.float32), shifted),
        nib.Nifti1Image(raw.get_fdata(dtype=np.float32).reshape(28, 24, 23), raw.affine),
        small_head(seed=1),
    ]
    assert len({content_hash(image) for image in [raw, *others]}) == 5


def read_outcome(path: Path) -> nib.Nifti1Image | str:
    """The scan, or why it is refused; any other exception ends the test."""
    try:
        return read_raw(path)
    except ScanError as error:
        return str(error)


@pytest.mark.parametrize("form", [nib.Nifti1Image, nib.Nifti2Image])
def test_random_headers_raise_nothing_but_scan_errors(head, tmp_path, form):
    rng = np.random.default_rng(20)
    whole = in_scanner(form(np.asarray(head.dataobj), head.affine)).to_bytes()
    refused = 0
    tracemalloc.start()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(300):
            content = bytearray(whole)
            for position in rng.integers(0, len(whole) - 30912, rng.integers(1, 5)):
                content[position] = rng.choice([0, 127, 128, 255, content[position] ^ (1 << rng.integers(8))])
            outcome = read_outcome(placed(bytes(content), tmp_path / "raw", ".nii"))
            refused += isinstance(outcome, str)
            assert not isinstance(outcome, str) or "\n" not in outcome
    assert tracemalloc.get_traced_memory()[1] < 5e6
    tracemalloc.stop()
    assert 50 < refused < 250


def test_random_damage_of_a_packed_file_never_changes_its_voxels(head, tmp_path):
    rng = np.random.default_rng(21)
    whole = gzip.compress(packed(head), mtime=0)
    for _ in range(300):
        content = bytearray(whole)
        content[rng.integers(len(content)) if rng.random() < 0.7 else rng.integers(24)] ^= rng.integers(1, 256)
        outcome = read_outcome(placed(bytes(content), tmp_path / "raw"))
        if not isinstance(outcome, str):
            np.testing.assert_array_equal(outcome.get_fdata(dtype=np.float32), turned(head))


@pytest.mark.parametrize("read", [read_raw, hash_of_raw])
@pytest.mark.parametrize("number", [errno.EIO, errno.ESTALE, errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOTCONN])
def test_a_file_that_the_machine_cannot_read_is_not_damaged(head, tmp_path, monkeypatch, read, number):
    path = tmp_path / "sub-01_T1w.nii.gz"
    nib.save(head, path)

    def fail(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(integrity, "_open", fail)
    monkeypatch.setattr(integrity, "hash_file", fail)
    with pytest.raises(MachineError, match=f"^{path}: .*; .*, then go on with make resume$"):
        read(path)
