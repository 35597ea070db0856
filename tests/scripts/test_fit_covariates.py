import numpy as np
import pandas as pd
import pytest

from relmaps.catalogue.names import model_name
from relmaps.classify.splits import split_subjects
from relmaps.cohort.sources.table import read_scan_table
from relmaps.io.tables import read_table, write_table
from workflow.scripts.fit_covariates import main

pytestmark = pytest.mark.fault


def test_everybody_is_predicted_once_from_age_alone(tmp_path, rng):
    label = np.tile([0, 1], 15)
    subjects = pd.DataFrame({"participant_id": [f"sub-{i:02d}" for i in range(30)], "label": label})
    subjects = subjects.assign(age=70 + 10 * label + rng.normal(0, 1, 30), sex="f", tiv_ml=1400.0)
    write_table(subjects, tmp_path / "subjects.tsv")
    write_table(split_subjects(subjects, 3, 0.2, seed=0), tmp_path / "splits.tsv")
    main(subjects=tmp_path / "subjects.tsv", splits=tmp_path / "splits.tsv", predictions=tmp_path / "p.tsv")
    table = read_table(tmp_path / "p.tsv")
    assert sorted(table["participant_id"]) == sorted(subjects["participant_id"])
    assert set(table["model"]) == {"covariates_age"}
    assert ((table["score"] > 0) == table["label"]).all()


@pytest.mark.parametrize("written", ["89+", "> 89", "88-90", "089Y", "89,0", "unreadable"])
def test_one_age_in_another_notation_leaves_age_in_the_model_of_everybody(tmp_path, rng, written):
    label = np.tile([0, 1], 20)
    ages = (60 + 15 * label + rng.normal(0, 4, 40)).round(1).astype(str)
    ages[1] = written
    rows = [f"{i};scan.nii;{'AD' if label[i] else 'CN'};{ages[i]};{'fm'[i // 2 % 2]}" for i in range(40)]
    (tmp_path / "scans.csv").write_text("\n".join(["id;path;dx;age;sex", *rows]))
    (tmp_path / "scan.nii").touch()
    settings = {
        "source": "table",
        "labels": {"column": "dx", "disease": "AD", "control": "CN"},
        "covariates": {"age": "age", "sex": "sex", "site": None, "allow_unreadable": True},
        "table": {"participant": "id", "path": "path", "session": None},
    }
    cohort = read_scan_table(tmp_path / "scans.csv", settings)
    assert cohort.participants["age"].isna().sum() == (written == "unreadable")
    subjects = cohort.participants.assign(tiv_ml=rng.normal(1450, 120, 40))
    write_table(subjects, tmp_path / "subjects.tsv")
    write_table(split_subjects(subjects, 5, 0.2, seed=0), tmp_path / "splits.tsv")
    main(subjects=tmp_path / "subjects.tsv", splits=tmp_path / "splits.tsv", predictions=tmp_path / "p.tsv")
    table = read_table(tmp_path / "p.tsv")
    assert {model_name(name) for name in table["model"]} == {"Age, sex and head size"}
    hits = ((table["score"] > 0) == table["label"]).groupby(table["label"]).mean()
    assert hits.mean() > 0.9
