"""One simulated head through the whole of preprocessing."""

from pathlib import Path

import nibabel as nib
import numpy as np
import pandas as pd
import pytest

from relmaps.cohort.bids import Scan
from relmaps.cohort.disease import build_effects
from relmaps.cohort.phantom import build_phantom
from relmaps.cohort.simulate import ScanSettings, simulate_scan
from relmaps.images import load_grid, read_map, save
from relmaps.preprocess import scan as scan_module
from relmaps.preprocess.derivatives import derivatives_of
from relmaps.preprocess.scan import Settings, preprocess
from relmaps.preprocess.template import load_template, template_paths, write_template

SPACE = "MNI152NLin2009aSym"
SETTINGS = Settings(input_voxel_mm=4, registration="SyN", iterations=(40, 20, 6), code="as it is")


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """template, grid, a raw head with atrophy on the left, the folder of its results and its row."""
    folder = tmp_path_factory.mktemp("study")
    write_template(4, SPACE, folder / "template")
    phantom = build_phantom()
    effects = build_effects(phantom, [{"centre": [40, -20, -10], "radii": [25, 30, 25], "loss": 1.0}])
    person = pd.Series({"severity_left": 5.0, "severity_right": 0.0, "age": 75.0})
    settings = ScanSettings(anatomy_mm=1.0, ageing=0, voxel_mm=4, noise=0.02, bias_field=0.2, seed=7)
    raw = Scan("sub-01", "sub-01", None, str(folder / "sub-01_T1w.nii.gz"))
    save(simulate_scan(0, person, phantom, effects, settings), raw.path)
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
    path = derivatives_of(study["raw"], study["folder"] / "one", SPACE)["gm_modulated"]
    volume = read_map(path, study["grid"]).sum() * 4**3 / 1000
    assert volume == pytest.approx(study["row"]["gm_ml"], rel=0.02)


def test_loss_on_the_left_is_found_on_the_left(study):
    """Orientation through the whole path: the raw file is stored left-handed."""
    path = derivatives_of(study["raw"], study["folder"] / "one", SPACE)["gm_modulated"]
    x, y, z = study["grid"].coordinates()
    region = (abs(y + 20) < 30) & (abs(z + 10) < 25) & (abs(abs(x) - 40) < 25)
    modulated = read_map(path, study["grid"])
    assert modulated[region & (x < 0)].sum() < 0.95 * modulated[region & (x > 0)].sum()


def test_the_same_scan_gives_the_same_bytes(study):
    again = study["folder"] / "again"
    preprocess(study["raw"], study["template"], study["grid"], again, SETTINGS)
    one, two = (derivatives_of(study["raw"], folder, SPACE) for folder in (study["folder"] / "one", again))
    for name in one:
        if name != "status":  # it holds the wall time
            assert one[name].read_bytes() == two[name].read_bytes(), name


def test_a_finished_scan_is_not_done_again_but_a_changed_one_is(study, monkeypatch):
    def refuse(*_):
        raise AssertionError("registered again")

    monkeypatch.setattr(scan_module, "_preprocess", refuse)
    row = preprocess(study["raw"], study["template"], study["grid"], study["folder"] / "one", SETTINGS)
    assert row == study["row"]
    changed = Settings(input_voxel_mm=4, registration="SyN", iterations=(40, 20, 6), code="edited")
    with pytest.raises(AssertionError, match="registered again"):
        preprocess(study["raw"], study["template"], study["grid"], study["folder"] / "one", changed)


def test_a_result_that_cannot_be_written_fails_the_job_and_not_the_scan(study, tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(scan_module, "_register_and_segment", lambda *_: ({"t1": np.zeros((2, 2, 2))}, {}))
    monkeypatch.setattr(scan_module, "write_map", full)
    with pytest.raises(OSError, match="No space left"):
        preprocess(study["raw"], study["template"], study["grid"], tmp_path, SETTINGS)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "cannot be read"),
        (b"", "not a NIfTI image"),
        (b"<html>not found</html>", "not a NIfTI image"),
        ("truncated", "damaged"),
        (np.zeros((10, 10, 10), np.float32), "empty, every voxel is 0"),
        (np.ones((10, 10, 10, 2), np.float32), "not a 3D volume"),
        (np.where(np.indices((9, 9, 9))[0] == 4, np.nan, 1).astype(np.float32), "NaN or infinite"),
    ],
    ids=["missing", "empty", "html", "truncated", "zero", "4D", "NaN"],
)
def test_a_bad_scan_ends_well_with_a_row_that_says_why(study, tmp_path, content, reason):
    bad = Scan("sub-02", "sub-02", None, str(tmp_path / "sub-02_T1w.nii.gz"))
    if isinstance(content, np.ndarray):
        nib.save(nib.Nifti1Image(content, np.eye(4)), bad.path)
    elif content == "truncated":
        whole = Path(study["raw"].path).read_bytes()
        Path(bad.path).write_bytes(whole[: len(whole) // 2])
    elif content is not None:
        Path(bad.path).write_bytes(content)
    row = preprocess(bad, study["template"], study["grid"], tmp_path / "derivatives", SETTINGS)
    assert row["status"] == "failed"
    assert reason in row["reason"]
    assert "sub-02_T1w.nii.gz" in row["reason"]
    assert not list(tmp_path.glob("derivatives/**/*.nii.gz"))
