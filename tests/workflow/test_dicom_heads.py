"""DICOM series of simulated heads with necks: one from its folder to grey matter, and a study of twelve to its maps."""

import nibabel as nib
import numpy as np
import pandas as pd
import pytest
import yaml

from relmaps import ROOT
from relmaps.cohort.cohort import Scan
from relmaps.cohort.dicom import convert
from relmaps.cohort.participants import sample_participants
from relmaps.io.images import load_grid, read_map
from relmaps.io.tables import read_table
from relmaps.preprocess.derivatives import name_derivatives
from relmaps.preprocess.registration import Settings
from relmaps.preprocess.scan import preprocess
from relmaps.preprocess.template import load_template, template_paths, write_template
from relmaps.simulation.phantom import build_phantom
from relmaps.simulation.simulate import ScanSettings, simulate_scan
from relmaps.study.config import read_config
from tests.dicom_series import Series
from tests.diseases import make_effects
from tests.studies import finish

SPACE = "MNI152NLin2009aSym"
pytestmark = [pytest.mark.slow, pytest.mark.fault]


@pytest.fixture(scope="module")
def write_series():
    """(number, person, folder, protocol) -> the affine of the head whose series lies in the folder then."""
    regions = read_config()["simulation"]["regions"]
    phantom = build_phantom(neck=True)
    effects = make_effects(phantom, regions)

    def write(number, person, folder, protocol):
        settings = ScanSettings(1.4, 1, 4, 0.03, 0.2, 41, protocol, coil_shading=0.7, ringing=0.3)
        image = nib.as_closest_canonical(simulate_scan(number, person, phantom, effects, settings))
        Series.of(image).write(folder)
        return image

    return write


def test_a_series_of_a_head_with_a_neck_gives_grey_matter_and_keeps_its_sides(write_series, tmp_path):
    """Severe atrophy on the left alone, in an oblique scan."""
    person = pd.Series({"severity_left": 8.0, "severity_right": 0.0, "age": 75.0})
    image = write_series(3, person, tmp_path / "series", "clinical")
    convert(tmp_path / "series", tmp_path / "sub-1_T1w.nii.gz")
    converted = nib.as_closest_canonical(nib.load(tmp_path / "sub-1_T1w.nii.gz"))
    np.testing.assert_allclose(converted.affine, image.affine, atol=1e-3)
    np.testing.assert_array_equal(np.asarray(converted.dataobj), np.asarray(image.dataobj))

    write_template(4, SPACE, tmp_path / "template")
    grid = load_grid(template_paths(tmp_path / "template", SPACE)["brain_mask"], SPACE)
    scan = Scan("sub-1", "sub-1", None, str(tmp_path / "sub-1_T1w.nii.gz"))
    settings = Settings(4, "SyN", 4, (40, 20, 6), code="as it is")
    row = preprocess(scan, load_template(tmp_path / "template", SPACE), grid, tmp_path / "done", settings)
    assert (row["status"], row["method"]) == ("ok", "network")
    assert row["similarity"] > 0.88
    assert 900 < row["tiv_ml"] < 2000
    modulated = read_map(name_derivatives(scan, tmp_path / "done", SPACE)["gm_modulated"], grid)
    x, y, z = grid.coordinates()
    hippocampus = (abs(abs(x) - 26) < 12) & (abs(y + 16) < 18) & (abs(z + 20) < 12)
    assert modulated[hippocampus & (x < 0)].sum() < 0.95 * modulated[hippocampus & (x > 0)].sum()


@pytest.mark.long
def test_a_study_of_series_goes_from_folders_to_maps(write_series, tmp_path):
    people = sample_participants(12, 4.0, 0.4, seed=41)
    people["folder"] = [str(tmp_path / "series" / name) for name in people["participant_id"]]
    for number, person in people.iterrows():
        write_series(number, person, tmp_path / "series" / person["participant_id"], "mixed")
    table = people.rename(columns={"participant_id": "participant", "diagnosis": "group"})
    table[["participant", "folder", "group", "age", "sex"]].to_csv(tmp_path / "series.csv", index=False)
    smoke = yaml.safe_load((ROOT / "config/smoke.yaml").read_text(encoding="utf-8"))
    del smoke["simulation"]
    smoke["preprocess"] |= {"preset": "demo", "input_voxel_mm": 6, "registration_voxel_mm": 6}
    smoke |= {
        "study": "series",
        "reference": {"meta_analysis": {"source": "sleuth", "path": f"{ROOT}/resources/ad_vbm_foci.txt"}},
    }
    (tmp_path / "study.yaml").write_text(yaml.safe_dump(smoke))
    maps = [
        "relevance/lrp/group.nii.gz",
        "relevance/integrated_gradients/group.nii.gz",
        "relevance/svm_pattern/group.nii.gz",
    ]
    settings = (
        "--configfile",
        "config/dicom.yaml",
        tmp_path / "study.yaml",
        "--config",
        f"input={tmp_path}/series.csv",
    )
    finish(tmp_path, *(f"results/series/{name}" for name in maps), *settings)
    qc = read_table(tmp_path / "results/series/preprocess/qc.tsv")
    assert (qc["status"] == "ok").all()
    assert (qc["method"] == "network").all()
    assert len(read_table(tmp_path / "results/series/preprocess/subjects.tsv")) == 12
    for name in maps:
        assert np.abs(nib.load(tmp_path / "results/series" / name).get_fdata()).max() > 0
