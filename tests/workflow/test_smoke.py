"""The smallest study from raw scans to the report, killed on the way and resumed."""

import json
import re
from collections import Counter

import nibabel as nib
import numpy as np
import pytest
import torch

from relmaps.io.files import read_json
from relmaps.io.tables import read_columns, read_table
from relmaps.overlap.metrics import CURVE_METRICS, METRICS
from relmaps.report.summary import summarise
from relmaps.study.verify import differences
from tests.studies import SMOKE, finish
from tests.workflow.conftest import MAPS, POOLED, statuses

pytestmark = [pytest.mark.slow, pytest.mark.fault]
TABLES = {
    "cohort": ("participants", "scans", "exclusions"),
    "preprocess": ("qc", "subjects"),
    "classify": ("splits", "predictions", "performance"),
    "relevance": ("stability", "agreement", "location", "lrp/randomisation", "lrp/faithfulness"),
    "overlap": ("scores", "comparisons", "curves", "recovery", "variants", "regions", "retraining"),
}


def test_nothing_half_written_carries_a_final_name(study):
    assert study.unreadable == []


def test_a_resumed_study_does_not_repeat_finished_scans(study):
    assert len(study.finished) >= 2
    now = {str(path): path.stat().st_mtime_ns for path in statuses(study.results)}
    assert study.finished.items() <= now.items()
    assert len(now) == 8


def test_nothing_is_left_to_do(study):
    assert "Nothing to be done" in finish(study.folder, *SMOKE, "-n")


@pytest.mark.parametrize("table", [f"{stage}/{name}" for stage, names in TABLES.items() for name in names])
def test_published_tables_have_their_columns_and_describe_them(study, table):
    path = study.results / f"{table}.tsv"
    assert list(read_table(path).columns) == list(read_columns(path.stem))
    assert list(json.loads(path.with_suffix(".json").read_text())) == list(read_columns(path.stem))
    assert "nan" not in path.read_text().lower().split()
    assert not re.search(r"\t\t|\t$", path.read_text(), re.M), "a value that is missing is n/a, never blank"


def test_every_scan_is_used_or_excluded(study):
    subjects, exclusions = (
        read_table(study.results / name) for name in ("preprocess/subjects.tsv", "cohort/exclusions.tsv")
    )
    assert len(subjects) + len(exclusions) == 8
    assert len(subjects) >= 6


def test_every_job_that_may_use_a_gpu_says_what_it_used(study):
    used = [read_json(path) for path in study.results.rglob("logs/**/*.json")]
    devices = {job["device"] for job in used if job["device"]}
    assert devices == {torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu"}
    jobs = Counter(job["rule"] for job in used if job["device"])
    assert jobs == {"train_cnn": 2, "explain_cnn": 6, "check_heatmap": 2}


def test_every_subject_is_predicted_once_as_held_out(study):
    splits = read_table(study.results / "classify/splits.tsv")
    predictions = read_table(study.results / "classify/predictions.tsv")
    subjects = read_table(study.results / "preprocess/subjects.tsv")
    for _, tested in predictions[predictions["role"] == "test"].groupby("model"):
        assert sorted(tested["participant_id"]) == sorted(subjects["participant_id"])
        merged = tested.merge(splits, on=["fold", "participant_id"])
        assert (merged["role_y"] == "test").all()


@pytest.mark.parametrize("name", MAPS)
def test_maps_lie_in_template_space_and_say_what_positive_means(study, name):
    brain = nib.load(next(study.results.glob("preprocess/template/*_brain_mask.nii.gz")))
    image = nib.load(study.results / f"relevance/{name}/group.nii.gz")
    np.testing.assert_allclose(image.affine, brain.affine)
    data = image.get_fdata()
    assert data.shape == brain.shape
    assert np.isfinite(data).all()
    assert np.abs(data).max() > 0
    sidecar = json.loads((study.results / f"relevance/{name}/group.json").read_text())
    assert {"polarity", "target", "pooling", "normalisation", "units", "subjects", "model"} <= set(sidecar)
    folds = list((study.results / f"relevance/{name}").glob("*/fold-*.nii.gz"))
    assert len(folds) == (2 if name in (*POOLED, "svm_pattern", "svm_weights") else 0)


def test_heatmaps_are_scored_under_every_other_choice(study):
    variants = read_table(study.results / "overlap/variants.tsv")
    assert set(variants["map"]) == set(POOLED)
    targets, poolings, normalisations, specifications = 2, 2, 2, 3 * 4 * 2
    choices = targets * poolings * normalisations
    signed_first = choices * 2 * (4 * 2)  # a sum of absolute values, or of positive ones, is scored for that sign alone
    auc = variants[variants["metric"] == "roc_auc"]
    assert len(auc) == len(POOLED) * 2 * (choices * specifications + signed_first)
    scores = read_table(study.results / "overlap/scores.tsv")
    shared = ["map", "reference", "mask", "sign", "smoothing_mm", "metric"]
    same = {"target": "true_class", "pooling": "class_means", "normalisation": "unit_l1", "order": "mean_first"}
    primary = variants[(variants[list(same)] == list(same.values())).all(axis=1)]
    own = scores["threshold_label"].isin(["share_0.5", "fdr_0.05"])
    both = primary.merge(scores[(scores["fold"] == "all") & own], on=shared)
    assert len(both) == len(primary)
    np.testing.assert_allclose(both["value_x"], both["value_y"], atol=1e-6)


def test_scores_are_whole_at_the_primary_analysis(study):
    scores = read_table(study.results / "overlap/scores.tsv")
    primary = scores[scores["primary"] & (scores["fold"] == "all")]
    assert set(primary["map"]) == set(MAPS)
    assert set(primary["reference"]) == {"truth", "meta_analysis"}
    distances = primary["metric"].str.endswith("_mm")
    assert primary.loc[~distances, "value"].between(-1, 1).all()
    assert (primary.loc[distances, "value"] >= 0).all()
    assert primary["null_p_spatial"].between(0.01, 1).all()
    assert primary["note"].notna().all()
    fixed = primary["map"].isin(["gm_probability", "hippocampus_distance", "oracle"])
    assert (primary.loc[~fixed, "ci_low"] <= primary.loc[~fixed, "ci_high"]).all()
    assert primary.loc[fixed, "ci_low"].isna().all()
    cuts = {"truth": 2, "meta_analysis": 4}  # thresholds beside the primary analysis's
    of_specification = 2 * len(METRICS) + sum(cuts.values()) * len(CURVE_METRICS)
    assert len(scores[scores["fold"] == "all"]) == len(MAPS) * (3 * 4 * 2) * of_specification


def test_figures_and_report_are_there_and_name_nobody(study):
    for name in (
        *("cohort", "quality", "performance", "maps", "curves", "ranking"),
        *("sanity", "faithfulness", "stability", "multiverse", "truth"),
    ):
        for kind in ("png", "svg", "pdf"):
            assert (study.results / f"figures/{name}.{kind}").stat().st_size > 1000
    page = (study.results / "report.html").read_text()
    assert "sub-0" not in page
    assert not re.search(r'(?:src|href)="https?://', page)
    assert json.loads((study.results / "provenance.json").read_text())


def test_logs_tell_progress(study):
    epochs = list((study.results / "classify/logs").glob("train_cnn_*.log"))
    assert len(epochs) == 2
    assert all("epoch 3/3" in log.read_text() for log in epochs)
    assert "scan 4/4" in (study.results / "preprocess/logs/preprocess_scans-1.log").read_text()


def test_a_finished_study_is_what_its_manifest_says(study, monkeypatch):
    monkeypatch.chdir(study.folder)  # the manifest names inputs as seen from there
    assert list(differences(study.results, {"meta_analysis": {"source": "simulated"}})) == []
    manifest = json.loads((study.results / "manifest.json").read_text())
    expected = {"overlap/scores.tsv", "relevance/lrp/group.nii.gz", "report.html", "provenance.json"}
    assert expected <= set(manifest["files"])
    assert manifest["rules"]["train_cnn"]["jobs"] == 2
    assert manifest["rules"]["train_cnn"]["wall_s"] > 0
    assert set(manifest["devices"]) == {"train_cnn", "explain_cnn", "check_heatmap"}
    assert "sub-0" not in str(manifest)


def test_the_summary_fits_a_terminal(study):
    lines = summarise(study.results)
    assert 5 <= len(lines) <= 20
    assert any("svm" in line.lower() for line in lines)
    assert any("report.html" in line for line in lines)
