import numpy as np
import pandas as pd
import pytest

from relmaps.io.tables import read_table
from relmaps.overlap.recovery import MINIMUM_AUC
from relmaps.report.answer import RECOVERY_AUC, WHOSE_TRUTH, answer, estimate
from tests.synthetic_results import SyntheticStudy


@pytest.fixture
def tables(tmp_path, grid, brain):
    study = SyntheticStudy(tmp_path, grid, brain).write()
    names = {"scores": "overlap/scores", "recovery": "overlap/recovery", "performance": "classify/performance"}
    return {name: read_table(study.path(f"{path}.tsv")) for name, path in names.items()}


def test_the_answer_names_winner_recovery_and_accuracy(tables):
    words = answer(**tables, confidence=0.9, truth="simulated")
    assert words.overlap[1] == (
        "Against the ground truth, the best map is VBM t: ROC AUC 0.88 (90 % interval 0.85 to 0.91), "
        "p = 0.001 against surrogate maps. "
        "Best network heatmap: Integrated Gradients, 0.78 [0.75, 0.81]; "
        "best baseline: GM probability, 0.75 [n/a]."
    )
    assert words.recovery[0].startswith("Integrated Gradients recovers the ground truth (AUC of at least 0.75")
    assert words.recovery[0].endswith("LRP and Guided Grad-CAM do not.")
    assert words.accuracy[0] == "Linear SVM: held-out balanced accuracy 0.85 (90 % interval 0.76 to 0.92)."
    assert words.accuracy[1:3] == [
        "Network “small”: held-out balanced accuracy 0.79 (90 % interval 0.70 to 0.86).",
        "Selected network: held-out balanced accuracy 0.79 (90 % interval 0.70 to 0.86).",
    ]
    assert words.warnings == [WHOSE_TRUTH["simulated"]]


def test_the_ceiling_is_never_the_best_map(tables):
    scores = tables["scores"]
    of_truth = scores[scores["map"] == "gm_probability"].assign(map="oracle", value=0.97)
    words = answer(**tables | {"scores": pd.concat([scores, of_truth])}, confidence=0.9, truth="simulated")
    plain = answer(**tables, confidence=0.9, truth="simulated")
    said = "; ceiling: Ground truth, smoothed, 0.97."
    assert words.overlap == [sentence.removesuffix(".") + said for sentence in plain.overlap]
    assert words.recovery == plain.recovery


def test_both_nulls_are_told_where_they_were_asked(tables):
    told = answer(**tables | {"scores": tables["scores"].assign(null_p_labels=0.048)}, confidence=0.9, truth=None)
    assert "p = 0.001 against surrogate maps and p = 0.048 against label permutations." in told.overlap[0]
    silent = tables["scores"].assign(null_p_spatial=np.nan)
    assert "p =" not in answer(**tables | {"scores": silent}, confidence=0.9, truth=None).overlap[0]


def test_controls_are_one_sentence_behind_the_models(tables):
    controls = "Confound models, whose input has no tissue contrast: "
    controls += "SVM, binarised scan 0.62 [0.53, 0.69]; Age, sex and head size 0.55 [0.46, 0.62]."
    assert answer(**tables, confidence=0.9, truth=None).accuracy[3:] == [controls]
    models = tables["performance"][~tables["performance"]["model"].isin(["svm_binarised", "covariates"])]
    assert len(answer(**tables | {"performance": models}, confidence=0.9, truth=None).accuracy) == 3


def test_no_recovery_is_said(tables):
    tables["recovery"] = tables["recovery"].assign(recovered="false")
    (sentence,) = answer(**tables, confidence=0.95, truth="simulated").recovery
    assert sentence.startswith("No heatmap recovers the ground truth")
    assert sentence.endswith("not LRP, Integrated Gradients nor Guided Grad-CAM.")


def test_all_recovering_is_said(tables):
    tables["recovery"] = tables["recovery"].assign(recovered="true")
    (sentence,) = answer(**tables, confidence=0.95, truth="simulated").recovery
    assert sentence.startswith("LRP, Integrated Gradients and Guided Grad-CAM recover the ground truth")
    assert "not" not in sentence


def test_too_good_to_be_true_is_suspected(tables):
    tables["performance"]["value"] += 0.11  # the SVM to .96, the networks to .90
    (warning,) = answer(**tables, confidence=0.95, truth=None).warnings
    assert warning.startswith("Linear SVM lies above 0.95 balanced accuracy: check for leakage")


def test_without_truth_and_with_an_empty_mask_nothing_is_claimed(tmp_path, grid, brain):
    study = SyntheticStudy(tmp_path, grid, brain, references=("meta_analysis",), empty_mask=True).write()
    scores, recovery, performance = (
        read_table(study.path(name))
        for name in ("overlap/scores.tsv", "overlap/recovery.tsv", "classify/performance.tsv")
    )
    words = answer(scores, recovery, performance, confidence=0.95, truth=None)
    assert words.overlap == ["Overlap with the meta-analysis: n/a, because its mask is empty."]
    assert words.recovery == []
    assert words.warnings == []


def test_a_text_mined_reference_is_called_so_whatever_its_name(tables):
    scores = tables["scores"].replace({"reference": {"meta_analysis": "papers"}})
    scores.loc[scores["reference"] == "papers", "reference_kind"] = "text_mined"
    words = answer(**tables | {"scores": scores}, confidence=0.9, truth="simulated")
    assert words.overlap[0].startswith("Against the papers (text-mined, not a curated contrast), the best map is ")
    assert "text-mined" not in words.overlap[1]


def test_estimates_without_interval_are_no_intervals():
    assert estimate(0.5, np.nan, np.nan) == "0.50 [n/a]"
    assert estimate(0.5, np.nan, np.nan, 0.95) == "0.50 (interval n/a)"
    assert estimate(np.nan, np.nan, np.nan, 0.95) == "n/a"


def test_the_rule_that_is_stated_is_the_rule_that_judges():
    assert RECOVERY_AUC == MINIMUM_AUC
