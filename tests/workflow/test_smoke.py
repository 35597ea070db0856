"""The smallest study from raw scans to the report, killed on the way and resumed."""

import gzip
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
import torch

from relmaps.code import ROOT
from relmaps.overlap.metrics import CURVE_METRICS, METRICS
from relmaps.plan import INPUT_MAPS
from relmaps.report.summary import summarise
from relmaps.tables import columns_of, read_table
from relmaps.verify import differences

STUDY = "smoke-test"
RESULTS = ROOT / "results" / STUDY
COMMAND = [
    *(sys.executable, "-m", "snakemake", "--cores", "2", "--configfile", "config/smoke.yaml"),
    *("--config", f"study={STUDY}"),
]
TABLES = {
    "cohort": ("participants", "scans", "exclusions"),
    "preprocess": ("qc", "subjects"),
    "classify": ("splits", "predictions", "performance"),
    "relevance": ("stability", "agreement", "location", "lrp/randomisation", "lrp/faithfulness"),
    "overlap": ("scores", "comparisons", "curves", "recovery", "variants", "regions", "retraining"),
}
HEATMAPS = ("lrp", "integrated_gradients", "guided_gradcam", "untrained")
MAPS = (*HEATMAPS, "svm_pattern", "svm_weights", "vbm_t", *INPUT_MAPS)


def statuses() -> list[Path]:
    """Status files under their final names; pathlib's `*` also finds the temporary ones, which start with a dot."""
    return sorted(RESULTS.glob("preprocess/derivatives/*/anat/sub-*_status.json"))


def kill_while_preprocessing() -> dict[Path, int]:
    """Start the study, kill all its processes after the first scans are done; the finished scans and their times."""
    process = subprocess.Popen(
        COMMAND, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    deadline = time.monotonic() + 600
    while len(statuses()) < 2 and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    assert process.poll() is None, "the study ended before it could be killed"
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    time.sleep(1)
    return {path: path.stat().st_mtime_ns for path in statuses()}


@pytest.fixture(scope="module")
def study() -> dict:
    shutil.rmtree(RESULTS, ignore_errors=True)
    finished = kill_while_preprocessing()
    whole = [path for path in RESULTS.rglob("*.nii.gz") if not path.name.startswith(".")]
    unreadable = [path for path in whole if not is_whole(path)]
    subprocess.run([*COMMAND, "--unlock"], cwd=ROOT, check=True, capture_output=True)
    resumed = subprocess.run(COMMAND, cwd=ROOT, capture_output=True, text=True, check=False)
    assert resumed.returncode == 0, resumed.stdout[-3000:] + resumed.stderr[-3000:]
    return {"finished": finished, "unreadable": unreadable}


def is_whole(path: Path) -> bool:
    try:
        with gzip.open(path) as file:
            return bool(file.read())
    except (OSError, EOFError):
        return False


def test_nothing_half_written_carries_a_final_name(study):
    assert study["unreadable"] == []


def test_a_resumed_study_does_not_repeat_finished_scans(study):
    assert len(study["finished"]) >= 2
    assert {path: path.stat().st_mtime_ns for path in study["finished"]} == study["finished"]
    assert len(statuses()) == 12


def test_nothing_is_left_to_do(study):
    again = subprocess.run([*COMMAND, "-n"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "Nothing to be done" in again.stdout + again.stderr


@pytest.mark.parametrize("table", [f"{stage}/{name}" for stage, names in TABLES.items() for name in names])
def test_published_tables_have_their_columns_and_describe_them(study, table):
    path = RESULTS / f"{table}.tsv"
    assert list(read_table(path).columns) == list(columns_of(path.stem))
    assert list(json.loads(path.with_suffix(".json").read_text())) == list(columns_of(path.stem))
    assert "nan" not in path.read_text().lower().split()
    assert not re.search(r"\t\t|\t$", path.read_text(), re.M), "a value that is missing is n/a, never blank"


def test_every_scan_is_used_or_excluded(study):
    subjects, exclusions = (read_table(RESULTS / name) for name in ("preprocess/subjects.tsv", "cohort/exclusions.tsv"))
    assert len(subjects) + len(exclusions) == 12
    assert len(subjects) >= 8


def test_every_job_that_may_use_a_gpu_says_what_it_used(study):
    logs = [*RESULTS.glob("classify/logs/train_cnn_*.log"), *RESULTS.glob("relevance/logs/explain_cnn/*.log")]
    logs += RESULTS.glob("relevance/logs/check_heatmap/*.log")
    assert len(logs) == 2 + 8 + 3
    seen = "device " + ("NVIDIA" if torch.cuda.is_available() else "cpu: torch sees no GPU")
    assert [path for path in logs if path.read_text().count(seen) != 1] == []


def test_every_subject_is_predicted_once_as_held_out(study):
    splits = read_table(RESULTS / "classify/splits.tsv")
    predictions = read_table(RESULTS / "classify/predictions.tsv")
    subjects = read_table(RESULTS / "preprocess/subjects.tsv")
    for _, tested in predictions[predictions["role"] == "test"].groupby("model"):
        assert sorted(tested["participant_id"]) == sorted(subjects["participant_id"])
        merged = tested.merge(splits, on=["fold", "participant_id"])
        assert (merged["role_y"] == "test").all()


@pytest.mark.parametrize("name", MAPS)
def test_maps_lie_in_template_space_and_say_what_positive_means(study, name):
    brain = nib.load(next(RESULTS.glob("preprocess/template/*_brain_mask.nii.gz")))
    image = nib.load(RESULTS / f"relevance/{name}/group.nii.gz")
    np.testing.assert_allclose(image.affine, brain.affine)
    data = image.get_fdata()
    assert data.shape == brain.shape
    assert np.isfinite(data).all()
    assert np.abs(data).max() > 0
    sidecar = json.loads((RESULTS / f"relevance/{name}/group.json").read_text())
    assert {"polarity", "target", "pooling", "normalisation", "units", "subjects", "model"} <= set(sidecar)
    folds = list((RESULTS / f"relevance/{name}").glob("*/fold-*.nii.gz"))
    assert len(folds) == (2 if name in (*HEATMAPS, "svm_pattern", "svm_weights") else 0)


def test_heatmaps_are_scored_under_every_other_choice(study):
    variants = read_table(RESULTS / "overlap/variants.tsv")
    assert set(variants["map"]) == set(HEATMAPS)
    targets, poolings, normalisations, cells = 3, 5, 2, 3 * 4 * 2
    choices = targets * poolings * normalisations
    signed_first = choices * 2 * (4 * 2)  # a sum of absolute values, or of positive ones, is scored for that sign alone
    auc = variants[variants["metric"] == "roc_auc"]
    assert len(auc) == len(HEATMAPS) * 2 * (choices * cells + signed_first)
    scores = read_table(RESULTS / "overlap/scores.tsv")
    shared = ["map", "reference", "mask", "sign", "smoothing_mm", "metric"]
    same = {"target": "true_class", "pooling": "class_means", "normalisation": "unit_l1", "order": "mean_first"}
    headline = variants[(variants[list(same)] == list(same.values())).all(axis=1)]
    own = scores["threshold_label"].isin(["share_0.5", "fdr_0.05"])
    both = headline.merge(scores[(scores["fold"] == "all") & own], on=shared)
    assert len(both) == len(headline)
    np.testing.assert_allclose(both["value_x"], both["value_y"], atol=1e-6)


def test_scores_are_whole_at_the_headline(study):
    scores = read_table(RESULTS / "overlap/scores.tsv")
    headline = scores[scores["headline"] & (scores["fold"] == "all")]
    assert set(headline["map"]) == set(MAPS)
    assert set(headline["reference"]) == {"truth", "meta_analysis"}
    distances = headline["metric"].str.endswith("_mm")
    assert headline.loc[~distances, "value"].between(-1, 1).all()
    assert (headline.loc[distances, "value"] >= 0).all()
    assert headline["null_p_spatial"].between(0.01, 1).all()
    assert headline["note"].notna().all()
    fixed = headline["map"].isin(["gm_probability", "hippocampus_distance"])
    assert (headline.loc[~fixed, "ci_low"] <= headline.loc[~fixed, "ci_high"]).all()
    assert headline.loc[fixed, "ci_low"].isna().all()
    cuts = {"truth": 2, "meta_analysis": 4}  # thresholds beside the headline's
    of_cell = 2 * len(METRICS) + sum(cuts.values()) * len(CURVE_METRICS)
    assert len(scores[scores["fold"] == "all"]) == len(MAPS) * (3 * 4 * 2) * of_cell


def test_figures_and_report_are_there_and_name_nobody(study):
    for name in (
        *("cohort", "quality", "performance", "maps", "curves", "ranking"),
        *("sanity", "faithfulness", "stability", "sweep", "truth"),
    ):
        for kind in ("png", "svg", "pdf"):
            assert (RESULTS / f"figures/{name}.{kind}").stat().st_size > 1000
    page = (RESULTS / "report.html").read_text()
    assert "sub-0" not in page
    assert not re.search(r'(?:src|href)="https?://', page)
    assert json.loads((RESULTS / "provenance.json").read_text())


def test_logs_tell_progress(study):
    epochs = list((RESULTS / "classify/logs").glob("train_cnn_*.log"))
    assert len(epochs) == 2
    assert all("epoch 3/3" in log.read_text() for log in epochs)
    assert "scan 6/6" in (RESULTS / "preprocess/logs/preprocess_scans-1.log").read_text()


def test_a_finished_study_is_what_its_manifest_says(study):
    assert list(differences(RESULTS, {"meta_analysis": {"source": "simulated"}})) == []
    manifest = json.loads((RESULTS / "manifest.json").read_text())
    expected = {"overlap/scores.tsv", "relevance/lrp/group.nii.gz", "report.html", "provenance.json"}
    assert expected <= set(manifest["files"])
    assert manifest["rules"]["train_cnn"]["jobs"] == 2
    assert manifest["rules"]["train_cnn"]["wall_s"] > 0
    assert set(manifest["devices"]) == {"train_cnn", "explain_cnn", "check_heatmap"}
    assert "sub-0" not in str(manifest)


def test_the_summary_fits_a_terminal(study):
    lines = summarise(RESULTS)
    assert 5 <= len(lines) <= 20
    assert any("svm" in line.lower() for line in lines)
    assert any("report.html" in line for line in lines)


def test_models_of_the_study_are_applied_to_a_cohort_that_they_have_never_seen(study):
    """Another seed makes other heads: predictions, maps and scores come from finished models, and nothing trains."""
    other = RESULTS.with_name("smoke-applied")
    shutil.rmtree(other, ignore_errors=True)
    command = [*COMMAND[:-1], f"study={other.name}", f"apply=results/{STUDY}", "seed=21"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout[-3000:] + run.stderr[-3000:]
    assert not list(other.rglob("*.safetensors"))
    predictions = read_table(other / "classify/predictions.tsv")
    assert set(predictions["role"]) == {"test"}
    assert set(predictions["model"]) == {"svm", "small"}
    subjects = read_table(other / "preprocess/subjects.tsv")
    for _, of_fold in predictions.groupby(["model", "fold"]):
        assert sorted(of_fold["participant_id"]) == sorted(subjects["participant_id"])
    scores = read_table(other / "overlap/scores.tsv")
    headline = scores[scores["headline"] & (scores["fold"] == "all")].set_index("map")
    assert set(headline.index) == set(MAPS)
    assert headline.loc["svm_weights", "ci_low"].isna().all()
    assert headline.loc["svm_pattern", "ci_low"].notna().all()
    assert "are those of another study" in (other / "report.html").read_text()


def test_figures_are_redrawn_from_published_files_alone(study, tmp_path):
    """What `make figures STUDY=folder` runs, on a copy without scans, arrays, weights and bootstrap draws."""
    copy = tmp_path / "elsewhere"
    left_out = shutil.ignore_patterns("bids", "derivatives", "arrays", "gram", "*.safetensors", "bootstrap", "pictures")
    shutil.copytree(RESULTS, copy, ignore=left_out)
    makefile = (ROOT / "Makefile").read_text().replace("\\\n", " ")
    drawing = re.search(r"^DRAWING = (.*)$", makefile, re.M).group(1).split()
    command = [*COMMAND[:5], "--config", f"redraw={copy}", "--rerun-triggers", "mtime", "--allowed-rules", "figures"]
    run = subprocess.run(
        [*command, *drawing, "--forceall", "--", "figures"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout[-3000:] + run.stderr[-3000:]
    done = dict(re.findall(r"^(\w+) +(\d+)$", run.stdout + run.stderr, re.M))
    assert set(done) - {"total", "figures"} == set(drawing) - {"plot_growth"}
    drawn = sorted((RESULTS / "figures").glob("*.*"))
    assert len(drawn) > 40
    for path in drawn:
        assert (copy / "figures" / path.name).read_bytes() == path.read_bytes(), "the same tables, the same bytes"
    assert (copy / "report.html").read_bytes() == (RESULTS / "report.html").read_bytes()
    published = {path.name for path in (copy / "publication").glob("*.*")}
    assert {"figure_1_cohort.svg", "figure_5b_sweep.pdf", "table_3_overlap.tex", "captions.md"} <= published
    captions = (copy / "publication/captions.md").read_text()
    assert set(re.findall(r"^\*\*Figure (\w+)", captions, re.M)) == {
        name.split("_")[1] for name in published if "figure" in name
    }


def test_maps_from_elsewhere_are_scored_without_scans(study, tmp_path):
    """The study's own maps, as if they came from elsewhere, have the scores that they have in the study."""
    image = "results/{}/relevance/{}/group.nii.gz"
    maps = {
        f"my_{name}": {"path": image.format(STUDY, name), "polarity": 1, "description": "mine"}
        for name in ("lrp", "vbm_t")
    }
    nifti = {"source": "nifti", "path": f"results/{STUDY}/reference/truth/map.nii.gz", "threshold": 0.01}
    settings = tmp_path / "maps.yaml"
    settings.write_text(json.dumps({"relevance": {"imported": maps}, "reference": {"meta_analysis": nifti}}))
    shutil.rmtree(RESULTS.with_name("smoke-maps"), ignore_errors=True)
    place = COMMAND.index("--config")
    command = [*COMMAND[:place], "config/maps.yaml", str(settings), *COMMAND[place:-1], "study=smoke-maps"]
    run = subprocess.run([*command, "--", "overlap_only"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout[-3000:] + run.stderr[-3000:]
    assert not (RESULTS.with_name("smoke-maps") / "cohort").exists()
    scores = read_table(RESULTS.with_name("smoke-maps") / "overlap/scores.tsv")
    headline = scores[scores["headline"]]
    assert set(headline["map"]) == {"my_lrp", "my_vbm_t"}
    assert headline["value"].notna().all()
    assert headline["ci_low"].isna().all()
    assert headline["null_p_spatial"].between(0.01, 1).all()
    assert headline["note"].str.contains("does not depend on the subjects").all()


def test_labels_are_shuffled_beside_the_study(study):
    # In a mapping of --config Snakemake gives numbers as text, so this one goes through a file.
    settings = RESULTS / "permutations.yaml"
    settings.write_text("classify: {permutations: [1]}\n")
    place = COMMAND.index("--config")
    targets = [f"results/{STUDY}/classify/null.tsv", f"results/{STUDY}/overlap/permuted.tsv"]
    command = [*COMMAND[:place], str(settings), *COMMAND[place:], "--", *targets]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout[-3000:] + run.stderr[-3000:]
    null = read_table(RESULTS / "classify/null.tsv")
    permuted = read_table(RESULTS / "overlap/permuted.tsv")
    assert set(permuted["map"]) == set(MAPS) - {"untrained", *INPUT_MAPS}
    assert permuted["value"].notna().all()
    assert permuted.loc[permuted["metric"] == "roc_auc", "null_p_spatial"].between(0.01, 1).all()
    assert set(null["model"]) == {"svm", "small", "selected", "svm_binarised", "svm_brain_mask", "covariates"}
    true, shuffled = (
        read_table(path)
        for path in (RESULTS / "preprocess/subjects.tsv", *RESULTS.glob("permutations/1/preprocess/*.tsv"))
    )
    assert shuffled["participant_id"].equals(true["participant_id"])
    assert not shuffled["label"].equals(true["label"])
