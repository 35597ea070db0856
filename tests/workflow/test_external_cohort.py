"""Finished models on participants that they were never trained on: predictions, maps and scores; nothing trains."""

import pytest
import yaml

from relmaps.io.tables import read_table
from tests.studies import SMOKE, finish
from tests.workflow.conftest import MAPS

pytestmark = pytest.mark.slow


def test_models_of_the_study_are_applied_to_another_cohort(study, tmp_path):
    fewer = {"simulation": {"n_scans": 6}, "relevance": {"methods": ["lrp"]}}
    (tmp_path / "fewer.yaml").write_text(yaml.safe_dump(fewer))
    models = ("--config", f"apply={study.results}", "seed=21", "study=applied")
    finish(tmp_path, "results/applied/overlap/scores.tsv", *SMOKE, tmp_path / "fewer.yaml", *models)
    applied = tmp_path / "results/applied"
    assert not list(applied.rglob("*.safetensors"))
    predictions = read_table(applied / "classify/predictions.tsv")
    assert set(predictions["role"]) == {"test"}
    assert set(predictions["model"]) == {"svm", "small"}
    subjects = read_table(applied / "preprocess/subjects.tsv")
    assert len(subjects) == 6
    for _, of_fold in predictions.groupby(["model", "fold"]):
        assert sorted(of_fold["participant_id"]) == sorted(subjects["participant_id"])
    scores = read_table(applied / "overlap/scores.tsv")
    headline = scores[scores["headline"] & (scores["fold"] == "all")].set_index("map")
    assert set(headline.index) == set(MAPS) - {"integrated_gradients"}
    assert headline.loc["svm_weights", "ci_low"].isna().all()
    assert headline.loc["svm_pattern", "ci_low"].notna().all()
