"""Finished models on participants that they were never trained on: predictions and maps; nothing trains."""

import json

import nibabel as nib
import numpy as np
import pytest
import yaml

from relmaps.io.tables import read_table
from relmaps.report.page import APPLIED
from tests.studies import SMOKE, finish, planned
from tests.workflow.conftest import MAPS

pytestmark = pytest.mark.slow

EXPLAINED = ("lrp", "svm_pattern", "svm_weights", "svm_contribution", "cnn_pattern")


def test_models_of_the_study_are_applied_to_another_cohort(study, tmp_path):
    fewer = {"simulation": {"n_scans": 4}, "relevance": {"methods": ["lrp"]}}
    (tmp_path / "fewer.yaml").write_text(yaml.safe_dump(fewer))
    models = ("--config", f"external_validation={study.results}", "seed=21", "study=applied")
    maps = [f"results/applied/relevance/{name}/group.nii.gz" for name in EXPLAINED]
    settings = (*SMOKE, tmp_path / "fewer.yaml", *models)
    finish(tmp_path, "results/applied/classify/predictions.tsv", *maps, *settings)
    applied = tmp_path / "results/applied"
    assert not list(applied.rglob("*.safetensors"))
    predictions = read_table(applied / "classify/predictions.tsv")
    assert set(predictions["role"]) == {"test"}
    assert set(predictions["model"]) == {"svm", "small"}
    subjects = read_table(applied / "preprocess/subjects.tsv")
    assert len(subjects) == 4
    for _, of_fold in predictions.groupby(["model", "fold"]):
        assert sorted(of_fold["participant_id"]) == sorted(subjects["participant_id"])
    for path in maps:
        assert np.abs(nib.load(tmp_path / path).get_fdata()).max() > 0
    sidecars = {name: json.loads((applied / f"relevance/{name}/group.json").read_text()) for name in EXPLAINED}
    assert {name: sidecar["subjects"] for name, sidecar in sidecars.items()} == {
        "lrp": 4,
        "svm_pattern": 4,
        "svm_weights": 0,
        "svm_contribution": 4,
        "cnn_pattern": 4,
    }
    jobs = planned(tmp_path, *settings)
    assert "train_cnn" not in jobs
    assert jobs["score_surrogates"] == len(MAPS) - 1, "all but integrated gradients"
    assert jobs["bootstrap_map"] == jobs["score_surrogates"] - 4, (
        "weights, two baselines and the ground truth do not depend on participants"
    )


@pytest.mark.long
def test_a_whole_study_is_applied_to_another_cohort(study, tmp_path):
    finish(tmp_path, *SMOKE, "--config", f"external_validation={study.results}", "seed=21", "study=applied")
    applied = tmp_path / "results/applied"
    scores = read_table(applied / "overlap/scores.tsv")
    primary = scores[scores["primary"] & (scores["fold"] == "all")].set_index("map")
    assert set(primary.index) == set(MAPS)
    assert primary.loc["svm_weights", "ci_low"].isna().all()
    assert primary.loc["svm_pattern", "ci_low"].notna().all()
    assert APPLIED in (applied / "report.html").read_text()
