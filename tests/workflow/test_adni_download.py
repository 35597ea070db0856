"""An ADNI-shaped download of simulated heads, from the folder to the splits, with nobody lost on the way."""

import os

import pytest
import yaml

from relmaps.cohort.participants import sample_participants
from relmaps.io.images import save
from relmaps.io.tables import read_table
from relmaps.simulation.phantom import build_phantom
from relmaps.simulation.simulate import ScanSettings, simulate_scan
from relmaps.study.config import read_config
from tests.adni_tree import write_adni_tree
from tests.diseases import make_effects
from tests.studies import finish

pytestmark = pytest.mark.slow

N_SCANS = 6
SETTINGS = {
    "preprocess": {
        "preset": "demo",
        "template": {"voxel_mm": 6},
        "input_voxel_mm": 6,
        "registration_voxel_mm": 6,
        "scans_per_job": 3,
        "exclude_on": {"similarity": [0.5, None], "wm_cv": [None, None]},
    },
    "classify": {"folds": 2},
}


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """The tree, one of whose files has been cut short, and its tables after the study went as far as the splits."""
    folder = tmp_path_factory.mktemp("adni")
    regions = read_config()["simulation"]["regions"]
    phantom = build_phantom()
    effects = make_effects(phantom, regions)
    people = sample_participants(N_SCANS, 4.0, 0.4, seed=1)
    scans = []
    for number, person in people.iterrows():
        path = folder / f"{number}.nii.gz"
        save(simulate_scan(number, person, phantom, effects, ScanSettings(1.0, 0, 6, 0.02, 0.1, 1)), path)
        scans.append((path, f"0{number:02d}_S_{number:04d}", person["diagnosis"], person["age"], person["sex"].upper()))
    tree = write_adni_tree(folder / "download", scans)
    damaged = next(path for path in tree.root.rglob("*.nii*") if path.stat().st_size > 1000)
    os.truncate(damaged, damaged.stat().st_size // 2)
    (folder / "study.yaml").write_text(yaml.safe_dump(SETTINGS))
    settings = (
        "--configfile",
        "config/adni.yaml",
        folder / "study.yaml",
        "--config",
        f"input={tree.root}",
        "study=adni",
    )
    finish(folder, "results/adni/classify/splits.tsv", *settings)
    names = ("cohort/participants", "cohort/scans", "cohort/exclusions", "preprocess/subjects", "classify/splits")
    return tree, {name.split("/")[1]: read_table(folder / f"results/adni/{name}.tsv") for name in names}


def test_every_image_is_a_scan_or_an_exclusion(study):
    tree, tables = study
    assert tables["scans"]["scan_id"].tolist() == tree.taken
    early = tables["exclusions"][tables["exclusions"]["stage"] == "cohort"]
    assert len(tables["scans"]) + early["scan_id"].notna().sum() == tree.n_images
    assert tables["exclusions"]["reason"].notna().all()
    missing = "in the search table but not in the folder; download it again"
    assert {"Group is MCI", "modality is PET", missing} <= set(early["reason"])


def test_every_scan_is_a_subject_or_an_exclusion(study):
    _, tables = study
    late = tables["exclusions"][tables["exclusions"]["stage"] == "preprocess"]
    assert len(tables["subjects"]) + len(late) == len(tables["scans"]) == N_SCANS
    assert late["reason"].str.contains("damaged").sum() == 1
    assert len(tables["subjects"]) >= N_SCANS - 2


def test_groups_ages_and_sites_come_from_the_search(study):
    _, tables = study
    people = tables["participants"].set_index("participant_id")
    assert set(people["group"]) == {"AD", "CN"}
    assert people["age"].between(55, 95).all()
    assert people["site"].tolist() == [name[4:7] for name in people.index]


def test_every_subject_is_tested_once(study):
    _, tables = study
    tests = tables["splits"][tables["splits"]["role"] == "test"]
    assert sorted(tests["participant_id"]) == sorted(tables["subjects"]["participant_id"])
