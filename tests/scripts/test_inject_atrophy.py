"""Two simulated heads without disease, one of which is given it, at 6 mm."""

import gzip
from dataclasses import replace
from pathlib import Path

import nibabel as nib
import numpy as np
import pandas as pd
import pytest
from scipy.ndimage import map_coordinates

from relmaps.cohort.cohort import Scan
from relmaps.cohort.phantom import build_phantom
from relmaps.cohort.simulate import ScanSettings, simulate_scan
from relmaps.images import save
from relmaps.preprocess.template import write_template
from relmaps.tables import read_table, write_table
from tests.diseases import effects_of, in_ellipsoids
from workflow.scripts import inject_atrophy

SPACE = "MNI152NLin2009aSym"
REGION = {"centre": [40, -20, -10], "radii": [20, 30, 20], "loss": 1.0}
DISEASE = {"severity": 6.0, "severity_spread": 0.0, "regions": in_ellipsoids([REGION])}
SETTINGS = ScanSettings(anatomy_mm=1.0, ageing=0, voxel_mm=6, noise=0.01, bias_field=0.1, seed=7)


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """Folder with a template, a well and an ill head, and what became of them and of a file that is no scan."""
    folder = tmp_path_factory.mktemp("injection")
    write_template(6, SPACE, folder / "template")
    phantom = build_phantom()
    effects = effects_of(phantom, [REGION])
    person = pd.Series({"severity_left": 0.0, "severity_right": 0.0, "age": 75.0})
    scans = [Scan(f"sub-{n}", f"sub-{n}", None, str(folder / f"sub-{n}_T1w.nii.gz")) for n in (1, 2, 3, 4)]
    raw = simulate_scan(0, person, phantom, effects, SETTINGS)
    for scan in scans[:2]:
        save(raw, scan.path)
    Path(scans[2].path).write_bytes(gzip.compress(b"<html>" * 100))
    severity = {"participant_id": [scan.scan_id for scan in scans], "label": [0, 1, 1, 0]}
    severity |= {"severity_left": [0.0, 6, 6, 0], "severity_right": [0.0, 0, 6, 0]}
    write_table(pd.DataFrame(severity), folder / "injection.tsv")
    earlier = [{"scan_id": "sub-4", "path": None, "reason": "a folder without DICOM files"}]
    write_table(pd.DataFrame(earlier), folder / "converted.tsv")
    run(folder, scans)
    return folder, scans, nib.as_closest_canonical(raw)


def run(folder, scans, disease=DISEASE):
    inject_atrophy.main(
        scans=[[list(vars(scan).values()), str(target_of(folder, scan))] for scan in scans],
        earlier=[folder / "converted.tsv"],
        severity=folder / "injection.tsv",
        template=folder / "template",
        images=None,
        prepared=folder / "prepared.tsv",
        space=SPACE,
        disease=disease,
        seed=1,
        code="as it is",
    )


def target_of(folder, scan):
    return folder / f"injected/{scan.scan_id}_T1w.nii.gz"


def seen_from(image, other):
    """(nx, ny, nz): the image at the world positions of another image's voxels."""
    to = np.linalg.inv(image.affine) @ other.affine
    positions = (
        np.einsum("ij,j...->i...", to[:3, :3], np.indices(other.shape, dtype=float)) + to[:3, 3, None, None, None]
    )
    return map_coordinates(image.get_fdata(), positions, order=3, mode="nearest")


def test_the_well_scan_keeps_its_anatomy_in_its_place(study):
    folder, scans, raw = study
    well = seen_from(nib.load(target_of(folder, scans[0])), raw)
    inner = (slice(4, -4),) * 3
    assert np.corrcoef(well[inner].ravel(), raw.get_fdata()[inner].ravel())[0, 1] > 0.98


def test_the_ill_scan_loses_tissue_on_the_side_that_is_ill(study):
    folder, scans, raw = study
    well, ill = (seen_from(nib.load(target_of(folder, scan)), raw) for scan in scans[:2])
    darker = (well - ill)[6:-6, 6:-6, 6:-6]
    middle = darker.shape[0] // 2
    # RAS+: the left comes first. Resampling at another offset changes the right a little, too.
    assert darker[:middle].sum() > 2 * abs(darker[middle:].sum())


def test_a_bad_scan_has_its_reason_and_no_file(study):
    folder, scans, _ = study
    table = read_table(folder / "prepared.tsv").set_index("scan_id")
    assert table["reason"].isna().tolist() == [True, True, False, False]
    assert (
        "sub-3_T1w.nii.gz: not a NIfTI image" in table.loc["sub-3", "reason"] or "web page" in table["reason"]["sub-3"]
    )
    assert table.loc["sub-4", "reason"] == "a folder without DICOM files"
    assert not target_of(folder, scans[2]).exists()
    assert not target_of(folder, scans[3]).exists()


def test_a_scan_is_injected_once_and_again_where_the_disease_has_changed(study, monkeypatch):
    folder, scans, _ = study

    def refuse(*_):
        raise MemoryError("injected again")

    monkeypatch.setattr(inject_atrophy, "inject_atrophy", refuse)
    before = target_of(folder, scans[1]).read_bytes()
    run(folder, scans)
    assert target_of(folder, scans[1]).read_bytes() == before
    with pytest.raises(MemoryError, match="injected again"):
        run(folder, [replace(scans[1])], DISEASE | {"severity": 5.0})
