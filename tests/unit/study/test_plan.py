import subprocess
import sys
from types import SimpleNamespace

import pytest

from relmaps import ROOT
from relmaps.io.errors import UserError
from relmaps.study.config import load_config, read_config
from relmaps.study.layout import Layout
from relmaps.study.plan import get_disease, plan_study
from tests.adni_tree import AdniImage, write_images

pytestmark = pytest.mark.fault

ATROPHY = {
    "severity": 3.0,
    "severity_spread": 0.2,
    "seed": 1,
    "regions": {"source": "ellipsoids", "path": None, "fwhm_mm": 12},
}
FILES = {number: f"I{number}.nii" if number in (1, 2, 5, 6) else f"I{number}" for number in range(1, 8)}


@pytest.fixture
def config():
    return read_config()


@pytest.fixture
def adni(config, tmp_path):
    """A study of a download: subjects 1, 3, 5, 7 are AD, 2, 4, 6 are CN; 3, 4 and 7 are folders of DICOM files."""
    images = [
        AdniImage(
            ptid=f"002_S_000{number}",
            image_id=f"I{number}",
            group="AD" if number % 2 else "CN",
            suffix=".nii" if name.endswith(".nii") else ".dcm",
        )
        for number, name in FILES.items()
    ]
    write_images(tmp_path, images)
    config["input"] = str(tmp_path)
    config["cohort"] |= {"source": "adni", "labels": {"column": "Group", "disease": "AD", "control": "CN"}}
    config["cohort"]["covariates"] = {"age": "Age", "sex": "Sex", "site": None}
    config["preprocess"]["scans_per_job"] = 2
    config["classify"]["folds"] = 2
    return config


def scan_ids(batches):
    return {number: [scan.participant_id[-1] for scan in scans] for number, scans in batches.items()}


def paths(batches):
    """Number of the subject -> path, without the folder."""
    return {int(scan.participant_id[-1]): scan.path.rpartition("/")[2] for own in batches.values() for scan in own}


def test_each_scan_is_in_one_batch_of_each_kind(config):
    config["simulation"] |= {"n_scans": 23, "scans_per_job": 10}
    config["preprocess"]["scans_per_job"] = 6
    plan = plan_study(config)
    for batches in (plan.batches, plan.simulation_batches):
        assert [scan.scan_id for batch in batches.values() for scan in batch] == list(plan.scans)
    assert plan.simulated_with("2") == ["1", "2"]  # scans 7 to 12
    assert plan.references == ["meta_analysis", "truth"]


def test_maps_of_the_models_are_planned_and_the_ceiling_where_the_truth_is_known(adni):
    config = load_config(read_config() | {"study": "mine"})
    config["classify"]["linear"]["models"] = ["logistic", "svm"]
    plan = plan_study(config)
    assert plan.contributions == ["logistic_contribution", "svm_contribution"]
    assert {*plan.contributions, "cnn_pattern", "oracle"} < set(plan.maps)
    layout = Layout(config, plan)
    assert not {"oracle"} & set(layout.resampled)
    assert {*plan.contributions, "cnn_pattern"} < set(layout.resampled)
    real = plan_study(adni)
    assert "oracle" not in real.maps
    assert {"svm_contribution", "cnn_pattern"} < set(real.maps)


def test_a_finished_study_is_drawn_again_with_the_maps_that_it_has(config, tmp_path):
    for name in ("svm_contribution", "vbm_t", "untrained"):
        (tmp_path / "relevance" / name).mkdir(parents=True)
    plan = plan_study(config | {"redraw": str(tmp_path)})
    others = ["svm_contribution", "vbm_t", "untrained"]
    assert plan.maps == [*config["relevance"]["methods"], "svm_pattern", "svm_weights", *others]


def test_the_ceiling_is_as_smooth_as_the_linear_models_feature(config):
    config = load_config(config)
    layout = Layout(config, plan_study(config))
    config["preprocess"]["features"]["gm_modulated"]["smoothing_mm"] = 6
    assert layout.map_smoothing(SimpleNamespace(map="oracle")) == 6
    assert layout.map_smoothing(SimpleNamespace(map="vbm_t")) == 0
    inputs = layout.map_inputs(SimpleNamespace(map="oracle"))
    assert inputs["truth"] == f"{layout.results}/cohort/truth.nii.gz"


def test_further_references_stand_before_the_truth(config):
    config["reference"]["strict"] = {"source": "simulated"}
    assert plan_study(config).references == ["meta_analysis", "strict", "truth"]


def test_folders_of_dicom_files_are_converted_and_nifti_files_are_not(adni):
    plan = plan_study(adni)
    assert scan_ids(plan.batches) == {"1": ["1", "2"], "2": ["3", "4"], "3": ["5", "6"], "4": ["7"]}
    assert scan_ids(plan.conversions) == {"2": ["3", "4"], "4": ["7"]}
    assert paths(plan.conversions) == {number: name for number, name in FILES.items() if number in (3, 4, 7)}
    for number, scans in plan.batches.items():
        for scan in scans:
            converted = f"results/demo/cohort/converted/{scan.scan_id}_T1w.nii.gz"
            assert scan.path == (converted if number in plan.conversions else plan.scans[scan.scan_id].path)
    assert plan.scans[plan.batches["1"][0].scan_id].path.endswith("I1.nii")
    assert plan.atrophied == {}
    assert plan.references == ["meta_analysis"]


def test_a_batch_is_converted_without_the_nifti_files_in_it(adni):
    adni["preprocess"]["scans_per_job"] = 3
    assert scan_ids(plan_study(adni).conversions) == {"1": ["3"], "2": ["4"], "3": ["7"]}


def test_synthetic_atrophy_moves_every_control_and_has_a_truth(adni):
    adni["cohort"] |= {"synthetic_atrophy": ATROPHY, "labels": {"column": "Group", "disease": "CN", "control": "AD"}}
    plan = plan_study(adni)
    assert scan_ids(plan.batches) == scan_ids(plan.atrophied) == {"1": ["1", "3"], "2": ["5", "7"]}
    assert scan_ids(plan.conversions) == {"1": ["3"], "2": ["7"]}
    for number, scans in plan.batches.items():
        for before, after in zip(plan.atrophied[number], scans, strict=True):
            raw = plan.scans[after.scan_id].path
            converted = f"results/demo/cohort/converted/{after.scan_id}_T1w.nii.gz"
            assert before.path == (raw if raw.endswith(".nii") else converted)
            assert after.path == f"results/demo/cohort/synthetic_atrophy/{after.scan_id}_T1w.nii.gz"
    assert plan.references == ["meta_analysis", "truth"]


def test_folds_are_compared_with_the_halves_of_the_controls(adni):
    adni["cohort"] |= {"synthetic_atrophy": ATROPHY}
    with pytest.raises(UserError, match=r"classify.folds is 2, but group .* has 1 scan\(s\)"):  # 3 controls: 1 and 2
        plan_study(adni)
    adni["cohort"]["synthetic_atrophy"] = None
    adni["classify"]["folds"] = 4
    with pytest.raises(UserError, match=r"classify.folds is 4, but group CN has 3 scan\(s\)"):
        plan_study(adni)


@pytest.mark.parametrize(
    ("file", "refused"), [("{x}.nii", True), ("{ x }.nii", True), ("{x, [0-9]}.nii", True), ("{} { .nii", False)]
)
def test_a_name_that_snakemake_would_take_for_a_wildcard_is_refused(config, tmp_path, file, refused):
    rows = ["participant_id,path,diagnosis,age,sex"]
    for number in range(4):
        name = file if number == 0 else f"{number}.nii"
        (tmp_path / name).touch()
        rows.append(f'{number},"{name}",{"AD" if number % 2 else "CN"},70,f')
    (tmp_path / "scans.csv").write_text("\n".join(rows))
    config["cohort"]["source"], config["input"] = "table", str(tmp_path / "scans.csv")
    config["classify"]["folds"] = 2
    if refused:
        with pytest.raises(UserError, match=r"\.nii: a name with braces cannot be used; rename"):
            plan_study(config)
    else:
        assert len(plan_study(config).scans) == 4


def test_the_disease_is_the_simulated_or_the_synthetic_one(config):
    simulation = config["simulation"]
    assert get_disease(config)["severity"] == simulation["severity"]
    assert get_disease(config)["regions"]["ellipsoids"] == simulation["regions"]
    config["cohort"]["synthetic_atrophy"] = ATROPHY
    assert get_disease(config)["severity"] == 3.0
    assert get_disease(config)["regions"] == ATROPHY["regions"] | {"ellipsoids": simulation["regions"]}
    foci = {"source": "foci", "path": "foci.txt", "fwhm_mm": 12}
    config["cohort"]["synthetic_atrophy"] = ATROPHY | {"regions": foci}
    assert get_disease(config)["regions"] == foci | {"ellipsoids": []}  # their change is no reason to inject again


def test_planning_imports_nothing_heavy():
    code = "import sys, relmaps.study.plan, relmaps.study.config, relmaps.study.code; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    assert not {"torch", "ants", "nilearn", "nimare", "sklearn", "matplotlib", "scipy", "nibabel"}.intersection(loaded)


def test_maps_from_elsewhere_stand_beside_the_study_s_own(config):
    theirs = {"path": "theirs.nii.gz", "polarity": 1, "description": "less grey matter"}
    config["relevance"]["external_maps"] = {"theirs": theirs}
    assert plan_study(config).maps[-1] == "theirs"
    for ours in ("vbm_t", "gradcam", "logistic_pattern"):  # the last two are not in this study
        config["relevance"]["external_maps"] = {ours: theirs}
        with pytest.raises(UserError, match=rf"relevance\.external_maps\.{ours}: relmaps makes a map of this name"):
            plan_study(config)


def test_maps_from_elsewhere_can_be_all_that_is_scored(config):
    config["overlap"]["maps"] = "external"
    with pytest.raises(UserError, match=r"overlap\.maps: external, but relevance\.external_maps names no map"):
        plan_study(config)
    config["relevance"]["external_maps"] = {"theirs": {"path": "theirs.nii.gz", "polarity": 1, "description": "mine"}}
    plan = plan_study(config)
    assert plan.maps == ["theirs"]
    assert "truth" not in plan.references


def test_a_study_of_an_earlier_version_is_drawn_again_without_the_maps_that_it_lacks(config, tmp_path):
    theirs = [name for name in plan_study(config).maps if name != "t1_edges"]
    for name in theirs:
        (tmp_path / "relevance" / name).mkdir(parents=True)
    config["redraw"] = str(tmp_path)
    assert plan_study(config).maps == theirs


def test_a_study_without_notes_is_drawn_again_without_them(config, tmp_path):
    load_config(config)
    plan = plan_study(config)
    assert Layout(config, plan).notes == f"results/{config['study']}/cohort/notes.tsv"
    config["redraw"] = str(tmp_path)
    assert Layout(config, plan).notes == []
    (tmp_path / "cohort").mkdir()
    (tmp_path / "cohort/notes.tsv").touch()
    assert Layout(config, plan).notes == f"{tmp_path}/cohort/notes.tsv"
