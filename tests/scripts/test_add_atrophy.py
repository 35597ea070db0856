"""Simulated heads without disease, some of which are given it, at 8 mm."""

import errno
import gzip
import shutil
from dataclasses import astuple, replace
from pathlib import Path

import nibabel as nib
import numpy as np
import pandas as pd
import pytest
from scipy.ndimage import binary_dilation, binary_erosion, map_coordinates

from relmaps.cohort.cohort import Scan
from relmaps.cohort.prepared import write_prepared
from relmaps.io.errors import MachineError
from relmaps.io.images import save
from relmaps.io.tables import read_table, write_table
from relmaps.preprocess.template import write_template
from relmaps.simulation.phantom import build_phantom
from relmaps.simulation.regions import ellipsoid
from relmaps.simulation.simulate import ScanSettings, simulate_scan
from relmaps.space.grid import Grid
from relmaps.space.mni152 import average_on
from relmaps.space.template import packaged
from tests.diseases import in_ellipsoids, make_effects
from workflow.scripts import add_atrophy

pytestmark = pytest.mark.slow

SPACE = "MNI152NLin2009aSym"
VOXEL_MM = 8
REGION = {"centre": [40, -20, -10], "radii": [20, 30, 20], "loss": 1.0}
DISEASE = {"severity": 6.0, "severity_spread": 0.0, "regions": in_ellipsoids([REGION])}
SETTINGS = ScanSettings(anatomy_mm=1.0, ageing=0, voxel_mm=VOXEL_MM, noise=0.01, bias_field=0.1, seed=7)
WELL, LEFT, BAD, LOST, BRAIN = (f"sub-{number}" for number in range(1, 6))
SEVERITY = {WELL: (0.0, 0.0), LEFT: (6.0, 0.0), BAD: (6.0, 6.0), LOST: (0.0, 0.0), BRAIN: (6.0, 6.0)}


def write_severity(folder, severity=SEVERITY):
    left, right = zip(*severity.values(), strict=True)
    drawn = {"participant_id": list(severity), "label": 0, "severity_left": left, "severity_right": right}
    write_table(pd.DataFrame(drawn), folder / "atrophy.tsv")


def give_atrophy(folder, scan_ids=tuple(SEVERITY), into="synthetic_atrophy", **changes):
    """Read folder/atrophy.tsv, write folder/<into>/."""
    arguments = {"severity": folder / "atrophy.tsv", "disease": DISEASE, "seed": 1, "code": "as it is"}
    add_atrophy.main(
        scans=[[list(astuple(scan_of(folder, name))), str(target_of(folder, name, into))] for name in scan_ids],
        earlier=[folder / "converted.tsv"],
        template=folder / "template",
        images=None,
        prepared=folder / f"{into}.tsv",
        space=SPACE,
        **(arguments | changes),
    )


def scan_of(folder, name):
    return Scan(name, name, None, str(folder / f"{name}_T1w.nii.gz"))


def target_of(folder, name, into="synthetic_atrophy"):
    return folder / into / f"{name}_T1w.nii.gz"


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """A folder with one head under two names, its brain alone, a file that is no scan, and what became of them."""
    folder = tmp_path_factory.mktemp("atrophy")
    write_template(VOXEL_MM, SPACE, folder / "template")
    phantom = build_phantom()
    source = packaged()
    tissues = {name: average_on(part, source.affine, phantom.grid) for name, part in source.fractions.items()}
    person = pd.Series({"severity_left": 0.0, "severity_right": 0.0, "age": 75.0})
    effects = make_effects(phantom, [REGION])
    raw = simulate_scan(0, person, phantom, effects, SETTINGS)
    bare = simulate_scan(0, person, replace(phantom, tissues=tissues), effects, replace(SETTINGS, noise=0)).get_fdata()
    for name in (WELL, LEFT):
        save(raw, scan_of(folder, name).path)
    data = np.where(bare > 0.15 * bare.max(), raw.get_fdata(), 0).astype(np.int16)
    save(nib.Nifti1Image(data, raw.affine, raw.header), scan_of(folder, BRAIN).path)
    Path(scan_of(folder, BAD).path).write_bytes(gzip.compress(b"<html>" * 100))
    write_prepared(
        [{"scan_id": LOST, "path": None, "reason": "a folder without DICOM files"}], folder / "converted.tsv"
    )
    write_severity(folder)
    give_atrophy(folder)
    write_severity(folder, SEVERITY | {WELL: (6.0, 6.0)})
    give_atrophy(folder, [WELL], into="twin")
    write_severity(folder)
    return folder


def load(folder, name, into="synthetic_atrophy"):
    return nib.load(target_of(folder, name, into))


def load_raw(folder, name):
    return nib.as_closest_canonical(nib.load(scan_of(folder, name).path))


def seen_from(data, affine, other, order=3):
    """(nx, ny, nz): the data at the world positions of another image's voxels."""
    to = np.linalg.inv(affine) @ other.affine
    positions = Grid(other.shape, to, "voxels").coordinates()
    return map_coordinates(data, positions, order=order, mode="nearest")


def test_the_well_scan_keeps_its_anatomy_in_its_place(study):
    raw, well = load_raw(study, WELL), load(study, WELL)
    inner = (slice(2, -2),) * 3
    expected = seen_from(raw.get_fdata(), raw.affine, well)[inner]
    assert np.corrcoef(well.get_fdata()[inner].ravel(), expected.ravel())[0, 1] > 0.99
    assert well.shape == raw.shape
    assert well.get_data_dtype() == np.float32


def test_each_scan_is_off_by_its_own_part_of_a_voxel(study):
    shifts = [
        np.linalg.inv(load_raw(study, name).affine) @ load(study, name, into).affine[:, 3]
        for name, into in ((WELL, "synthetic_atrophy"), (WELL, "twin"), (LEFT, "synthetic_atrophy"))
    ]
    assert all(0.001 < np.abs(shift[:3]).max() <= 0.5 for shift in shifts)
    np.testing.assert_array_equal(shifts[0], shifts[1])  # well or ill
    assert np.abs(shifts[0] - shifts[2]).max() > 0.01


def test_the_ill_scan_is_darker_near_the_regions_on_both_sides_and_elsewhere_the_same(study):
    well, ill = load(study, WELL), load(study, WELL, "twin")
    darker = well.get_fdata() - ill.get_fdata()
    # The scanner's origin is the centre of the simulated head's box; its pose is off by some millimetres.
    template = Grid(well.shape, well.affine, "scan").coordinates() + np.reshape([0, -18, 22], (3, 1, 1, 1))
    wider = np.add(REGION["radii"], 10)
    changed = {side: ellipsoid(template, np.multiply(REGION["centre"], [side, 1, 1]), wider) > 0 for side in (-1, 1)}
    for near in changed.values():
        assert darker[near].sum() > 0.3 * np.abs(darker[near]).sum()  # fluid in place of tissue
    elsewhere = ~(changed[-1] | changed[1])
    assert elsewhere.mean() > 0.9
    assert np.abs(darker[elsewhere]).sum() < 0.4 * np.abs(darker).sum()
    assert np.abs(darker).max() > 0.03 * well.get_fdata().max()
    assert (darker[0] == 0).all()
    assert (darker[:, :, -1] == 0).all()  # far from the brain nothing moves


def test_a_scan_that_is_ill_on_the_left_changes_on_the_left(study):
    raw = load_raw(study, WELL)
    images = [load(study, name) for name in (WELL, LEFT)]
    well, ill = (seen_from(image.get_fdata(), image.affine, raw) for image in images)
    darker = (well - ill)[4:-4, 4:-4, 4:-4]  # at the border the two grids end at other places
    middle = darker.shape[0] // 2
    # RAS+: the left comes first. Resampling at another offset changes the right a little, too.
    assert darker[:middle].sum() > 2 * abs(darker[middle:].sum())


def test_around_a_skull_stripped_brain_exact_zeros_remain(study):
    raw, ill = load_raw(study, BRAIN), load(study, BRAIN)
    brain = raw.get_fdata() > 0
    around = seen_from(binary_dilation(brain).astype(float), raw.affine, ill, order=1) == 0
    core = seen_from(binary_erosion(brain, iterations=2).astype(float), raw.affine, ill, order=1) == 1
    assert around.mean() > 0.3
    assert (ill.get_fdata()[around] == 0).all()
    assert (ill.get_fdata()[core] > 0).all()
    expected = seen_from(raw.get_fdata(), raw.affine, ill)
    assert np.corrcoef(ill.get_fdata()[core], expected[core])[0, 1] > 0.9
    assert np.abs(ill.get_fdata() - expected)[core].max() > 0.03 * expected.max()


def test_a_bad_scan_has_its_reason_and_no_file(study):
    table = read_table(study / "synthetic_atrophy.tsv").set_index("scan_id")
    assert table["path"].dropna().to_dict() == {name: str(target_of(study, name)) for name in (WELL, LEFT, BRAIN)}
    assert table["reason"].dropna().to_dict() == {
        BAD: f"{scan_of(study, BAD).path}: not a NIfTI image but a web page or XML; download the scan again",
        LOST: "a folder without DICOM files",
    }
    written = {path.name for path in (study / "synthetic_atrophy").iterdir()}
    assert written == {f"{name}_T1w.{suffix}" for name in (WELL, LEFT, BRAIN) for suffix in ("nii.gz", "json")}


def test_a_scan_is_given_atrophy_again_only_if_something_has_changed(study, tmp_path, monkeypatch):
    for name in (WELL, LEFT):
        shutil.copyfile(scan_of(study, name).path, scan_of(tmp_path, name).path)
    for name in ("template", "converted.tsv"):
        (tmp_path / name).symlink_to(study / name)
    write_severity(tmp_path)
    done = []

    def fake(raw, template, tissues, velocity, rng, scratch):
        done.append(LEFT if velocity.any() else WELL)
        return raw

    monkeypatch.setattr(add_atrophy, "add_atrophy", fake)

    def again(**changes):
        done.clear()
        give_atrophy(tmp_path, [WELL, LEFT], **changes)
        return list(done)

    assert again() == [WELL, LEFT]
    assert again() == []
    target_of(tmp_path, WELL).unlink()
    assert again() == [WELL]
    write_severity(tmp_path, SEVERITY | {LEFT: (5.0, 0.0)})
    assert again() == [LEFT]
    shutil.copyfile(scan_of(study, BRAIN).path, scan_of(tmp_path, LEFT).path)
    assert again() == [LEFT]
    assert again(seed=2) == again(seed=2, code="other") == [WELL, LEFT]
    assert again(seed=2, code="other", disease=DISEASE | {"regions": in_ellipsoids([REGION] * 2)}) == [WELL, LEFT]
    again()
    (tmp_path / "template").unlink()
    write_template(10, SPACE, tmp_path / "template")
    assert again() == [WELL, LEFT]
    foci = {"source": "foci", "path": str(tmp_path / "foci.txt"), "fwhm_mm": 12.0, "ellipsoids": []}
    for focus in ("30 -20 -10", "40 -20 -10"):  # another content under the same name
        (tmp_path / "foci.txt").write_text(f"//Reference=MNI\n// one\n// Subjects=20\n{focus}\n")
        assert again(disease=DISEASE | {"regions": foci}) == [WELL, LEFT]


def test_a_fault_of_the_machine_is_not_the_scan_s(study, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(add_atrophy, "add_atrophy", full)
    with pytest.raises(MachineError, match="no space is left on the disk"):
        give_atrophy(study, [WELL], into="elsewhere")
    assert not (study / "elsewhere.tsv").exists()

    def broken(*_):
        raise RuntimeError("ITK is out of order")

    monkeypatch.setattr(add_atrophy, "add_atrophy", broken)
    give_atrophy(study, [WELL], into="elsewhere")
    assert "ITK is out of order" in read_table(study / "elsewhere.tsv")["reason"][0]
