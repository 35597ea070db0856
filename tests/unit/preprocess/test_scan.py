"""One simulated head through the whole of preprocessing."""

from dataclasses import replace

import nibabel as nib
import numpy as np
import pandas as pd
import pytest
from scipy.ndimage import binary_closing, binary_fill_holes

from relmaps.cohort.cohort import Scan
from relmaps.io.images import load_grid, read_map, save
from relmaps.preprocess import scan as scan_module
from relmaps.preprocess.derivatives import name_derivatives
from relmaps.preprocess.recipe import Result
from relmaps.preprocess.registration import Settings
from relmaps.preprocess.scan import preprocess
from relmaps.preprocess.template import load_template, template_paths, write_template
from relmaps.simulation import simulate
from relmaps.simulation.phantom import build_phantom
from relmaps.simulation.simulate import ScanSettings, simulate_scan
from tests.bad_scans import BAD_SCANS, small_head
from tests.diseases import make_effects

pytestmark = [pytest.mark.fault, pytest.mark.slow]

SPACE = "MNI152NLin2009aSym"
AFFINES = dict.fromkeys(("native_t1", "native_tissues", "head", "head_brain"), np.eye(4))
SETTINGS = Settings(4, "SyN", registration_voxel_mm=4, iterations=(40, 20, 6), code="as it is")


def simulate_head(noise: float, bias_field: float) -> nib.Nifti1Image:
    """A raw head with atrophy on the left, always the same but for noise and bias field."""
    phantom = build_phantom()
    region = {"centre": [40, -20, -10], "radii": [25, 30, 25], "loss": 1.0}
    effects = make_effects(phantom, [region])
    person = pd.Series({"severity_left": 5.0, "severity_right": 0.0, "age": 75.0})
    settings = ScanSettings(anatomy_mm=1.0, ageing=0, voxel_mm=4, noise=noise, bias_field=bias_field, seed=7)
    return simulate_scan(0, person, phantom, effects, settings)


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """template, grid, a raw head with atrophy on the left, the folder of its results and its row."""
    folder = tmp_path_factory.mktemp("study")
    write_template(4, SPACE, folder / "template")
    raw = Scan("sub-01", "sub-01", None, str(folder / "sub-01_T1w.nii.gz"))
    save(simulate_head(noise=0.02, bias_field=0.2), raw.path)
    grid = load_grid(template_paths(folder / "template", SPACE)["brain_mask"], SPACE)
    template = load_template(folder / "template", SPACE)
    row = preprocess(raw, template, grid, folder / "one", SETTINGS)
    return {"template": template, "grid": grid, "raw": raw, "folder": folder, "row": row}


def test_the_brain_is_found_and_registered(study):
    row = study["row"]
    assert row["status"] == "ok"
    assert row["similarity"] > 0.88
    assert row["brain_dice"] > 0.98
    assert row["gm_dice"] > 0.75
    assert 1200 < row["tiv_ml"] < 2300


def test_modulation_keeps_the_volume_of_grey_matter(study):
    """The sum of modulated grey matter over the template is the volume in the scan."""
    path = name_derivatives(study["raw"], study["folder"] / "one", SPACE)["gm_modulated"]
    volume = read_map(path, study["grid"]).sum() * 4**3 / 1000
    assert volume == pytest.approx(study["row"]["gm_ml"], rel=0.01)


def test_loss_on_the_left_is_found_on_the_left(study):
    """Orientation through the whole path: the raw file is stored left-handed."""
    path = name_derivatives(study["raw"], study["folder"] / "one", SPACE)["gm_modulated"]
    x, y, z = study["grid"].coordinates()
    region = (abs(y + 20) < 30) & (abs(z + 10) < 25) & (abs(abs(x) - 40) < 25)
    modulated = read_map(path, study["grid"])
    assert modulated[region & (x < 0)].sum() < 0.95 * modulated[region & (x > 0)].sum()


def test_the_affine_alone_brings_the_scan_near_the_template_but_not_as_near(study):
    paths = name_derivatives(study["raw"], study["folder"] / "one", SPACE)
    brain = study["template"]["brain_mask"].get_fdata() > 0
    template = study["template"]["T1w"].get_fdata()[brain]
    similarity = {
        name: np.corrcoef(read_map(paths[name], study["grid"])[brain], template)[0, 1] for name in ("t1_affine", "t1")
    }
    assert similarity["t1"] == pytest.approx(study["row"]["similarity"], abs=1e-3)
    assert 0.7 < similarity["t1_affine"] < similarity["t1"] - 0.01


def test_every_measure_of_a_scan_is_filled(study):
    missing = {name for name, value in study["row"].items() if value is None or value != value}
    assert missing == {"reason", "method_reason"}
    assert study["row"]["method"] == "network"
    assert study["row"]["brain_agreement"] > 0.9
    assert study["row"]["cut_share"] == 0
    assert 0.005 < study["row"]["noise"] < 0.04, "the simulation puts 0.02 into it"


def test_a_skull_stripped_scan_goes_through(study, tmp_path, monkeypatch):
    raw = nib.load(study["raw"].path)
    for name in simulate.INTENSITY:
        monkeypatch.setitem(simulate.INTENSITY, name, 1.0 if name in ("gm", "wm") else 0.0)
    tissue = simulate_head(noise=0, bias_field=0).get_fdata()
    # As a program for skull stripping would leave it: what grey and white matter enclose, and exact zeros around it.
    brain = binary_fill_holes(binary_closing(tissue > 0.5 * np.median(tissue[tissue > 0]), iterations=3))
    stripped = nib.Nifti1Image(np.asarray(raw.dataobj) * brain, raw.affine, raw.header)
    scan = Scan("sub-03", "sub-03", None, str(tmp_path / "sub-03_T1w.nii.gz"))
    save(stripped, scan.path)
    row = preprocess(scan, study["template"], study["grid"], tmp_path / "results", SETTINGS)
    missing = {name for name, value in row.items() if value is None or value != value}
    assert missing == {"reason", "method_reason", "brain_agreement"}
    assert (row["status"], row["method"]) == ("ok", "skull_stripped")
    assert row["similarity"] > 0.85
    assert row["tiv_ml"] == pytest.approx(brain.sum() * 4**3 / 1000, rel=0.02)
    assert row["gm_ml"] == pytest.approx(study["row"]["gm_ml"], rel=0.1)
    paths = name_derivatives(scan, tmp_path / "results", SPACE)
    assert all(path.exists() for path in paths.values())
    volume = read_map(paths["gm_modulated"], study["grid"]).sum() * 4**3 / 1000
    assert volume == pytest.approx(row["gm_ml"], rel=0.01)


def test_content_tells_the_same_scan_under_another_name_and_compression(study, tmp_path, monkeypatch):
    images = {name: np.zeros(study["grid"].shape) for name in ("t1", "t1_affine", "gm", "gm_modulated", "brain")}
    images |= dict.fromkeys(AFFINES, np.zeros((2, 2, 2)))
    monkeypatch.setattr(scan_module, "register_and_segment", lambda *_: Result(images, AFFINES, {}, {}))
    raw = nib.load(study["raw"].path)
    changed = np.asarray(raw.dataobj).copy()
    changed[20, 30, 25] += 1
    content = {}
    for name, image in (
        ("same.nii.gz", raw),
        ("unpacked.nii", raw),
        ("changed.nii", nib.Nifti1Image(changed, raw.affine, raw.header)),
    ):
        scan = Scan(f"sub-{name[0]}", f"sub-{name[0]}", None, str(tmp_path / name))
        save(image, scan.path)
        content[name] = preprocess(scan, study["template"], study["grid"], tmp_path, SETTINGS)["content"]
    assert content["same.nii.gz"] == content["unpacked.nii"] == study["row"]["content"]
    assert content["changed.nii"] != study["row"]["content"]


def test_the_same_scan_gives_the_same_bytes(study):
    again = study["folder"] / "again"
    preprocess(study["raw"], study["template"], study["grid"], again, SETTINGS)
    one, two = (name_derivatives(study["raw"], folder, SPACE) for folder in (study["folder"] / "one", again))
    for name in one:
        if name != "status":  # it holds the wall time
            assert one[name].read_bytes() == two[name].read_bytes(), name


def test_a_finished_scan_is_not_done_again_but_a_changed_one_is(study, monkeypatch):
    def refuse(*_):
        raise AssertionError("registered again")

    monkeypatch.setattr(scan_module, "_preprocess", refuse)
    row = preprocess(study["raw"], study["template"], study["grid"], study["folder"] / "one", SETTINGS)
    assert row == study["row"]
    changed = replace(SETTINGS, code="edited")
    with pytest.raises(AssertionError, match="registered again"):
        preprocess(study["raw"], study["template"], study["grid"], study["folder"] / "one", changed)


def test_a_result_that_cannot_be_written_fails_the_job_and_not_the_scan(study, tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    images = dict.fromkeys(("t1",), np.zeros((2, 2, 2)))
    monkeypatch.setattr(scan_module, "register_and_segment", lambda *_: Result(images, AFFINES, {}, {}))
    monkeypatch.setattr(scan_module, "write_map", full)
    with pytest.raises(OSError, match="No space left"):
        preprocess(study["raw"], study["template"], study["grid"], tmp_path, SETTINGS)


@pytest.mark.parametrize("name", [name for name, bad in BAD_SCANS.items() if bad.words is not None])
def test_a_bad_scan_ends_well_with_a_row_that_says_why(study, tmp_path, name):
    path = BAD_SCANS[name].spoil(small_head(), tmp_path / "sub-02_T1w")
    row = preprocess(Scan("sub-02", "sub-02", None, str(path)), study["template"], study["grid"], tmp_path, SETTINGS)
    assert row["status"] == "failed"
    assert BAD_SCANS[name].words in row["reason"]
    assert str(path) in row["reason"]
    assert not list(tmp_path.glob("sub-02/**/*.nii.gz"))


@pytest.mark.long
@pytest.mark.parametrize("name", ["upside-down header", "swapped axes"])
def test_a_header_that_lies_is_caught_by_similarity(study, tmp_path, name):
    """The gate cannot see it; registration turns no head by a half or a quarter: less than the demo's gate of .8."""
    path = BAD_SCANS[name].spoil(nib.load(study["raw"].path), tmp_path / "sub-02_T1w")
    row = preprocess(Scan("sub-02", "sub-02", None, str(path)), study["template"], study["grid"], tmp_path, SETTINGS)
    assert row["status"] == "failed" or row["similarity"] < 0.7
    assert study["row"]["similarity"] > 0.88
