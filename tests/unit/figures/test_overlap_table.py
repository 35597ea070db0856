import numpy as np
import pandas as pd

from relmaps.catalogue.maps import INPUT_MAPS, PREDICTION_MAPS, TISSUE_MAPS, TRUTH_MAPS, find_family
from relmaps.catalogue.maps import MAPS as CATALOGUE
from relmaps.figures.overlap import overlap_table, primary_scores
from relmaps.io.tables import read_table
from tests.synthetic_results import MAPS, SKILL, SyntheticStudy


def scores_of(folder, grid, brain, **options):
    return read_table(SyntheticStudy(folder, grid, brain, **options).write().path("overlap/scores.tsv"))


def test_one_row_per_map_and_reference_best_first(tmp_path, grid, brain):
    scores = scores_of(tmp_path, grid, brain)
    single_fold = scores[scores["map"] == "lrp"].assign(fold="1", value=0.01)
    table = overlap_table(pd.concat([scores, single_fold]))
    truth = table[table["reference"] == "truth"]
    assert truth["map"].tolist() == sorted(MAPS, key=SKILL.get, reverse=True)
    row = truth.set_index("map").loc["lrp"]
    np.testing.assert_allclose(row[["roc_auc", "roc_auc_ci_low", "roc_auc_ci_high"]].astype(float), [0.72, 0.69, 0.75])
    adjusted = ["tissue_adjusted_auc", "tissue_adjusted_auc_ci_low", "tissue_adjusted_auc_ci_high"]
    np.testing.assert_allclose(row[adjusted].astype(float), [0.62, 0.59, 0.65])
    np.testing.assert_allclose(row[["roc_auc_multiverse_low", "roc_auc_multiverse_high"]].astype(float), [0.69, 0.72])


def test_primary_is_found_as_text_and_as_booleans(tmp_path, grid, brain):
    scores = scores_of(tmp_path, grid, brain)
    as_text = scores.assign(primary=scores["primary"].astype(str).str.lower())
    for table in (as_text, as_text.assign(primary=as_text["primary"] == "true")):
        assert len(primary_scores(table, "dice")) == 2 * len(MAPS)


def test_scores_against_an_empty_mask_stay_missing(tmp_path, grid, brain):
    table = overlap_table(scores_of(tmp_path, grid, brain, references=("meta_analysis",), empty_mask=True))
    assert len(table) == len(MAPS)
    assert table["roc_auc"].isna().all()


def test_every_map_of_a_study_has_its_family():
    linear = {f"{model}_{kind}" for model in ("svm", "logistic") for kind in ("pattern", "weights", "contribution")}
    assert {name for name in CATALOGUE if find_family(name) == "tissue"} == {*linear, *PREDICTION_MAPS, *TISSUE_MAPS}
    assert [name for name in CATALOGUE if find_family(name) == "ceiling"] == TRUTH_MAPS == ["oracle"]
    assert {name for name in CATALOGUE if find_family(name) == "baseline"} == {*INPUT_MAPS, "untrained"}
    assert find_family("from_elsewhere") == "other"
