import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from relmaps.io.errors import UserError
from relmaps.io.tables import read_table, write_table
from workflow.scripts.score_performance import main


def test_performance_of_models_and_of_the_selection(tmp_path):
    scores = {"svm": [-1.0, 2.0, -1.0, 1.0], "A24": [-1.0, 1.0, 1.0, -1.0], "B24": [1.0, -1.0, -1.0, 1.0]}
    scores["covariates_sex"] = [-1.0, 1.0, -1.0, 1.0]
    rows = [
        (model, str(1 + i // 8), 0, f"sub-{i:02d}", "test", i % 2, scores[model][i % 2 + 2 * (i // 8)])
        for model in scores
        for i in range(16)
    ]
    columns = ["model", "fold", "seed", "participant_id", "role", "label", "score"]
    write_table(pd.DataFrame(rows, columns=columns), tmp_path / "predictions.tsv", schema="predictions")
    chosen = [("1", "A24", 0, 0.1, "true"), ("1", "B24", 0, 0.2, "false"), ("2", "A24", 0, 0.2, "false")]
    selection = pd.DataFrame([*chosen, ("2", "B24", 0, 0.1, "true")])
    write_table(
        selection.set_axis(["fold", "model", "seed", "validation_loss", "chosen"], axis=1), tmp_path / "selection.tsv"
    )
    platt = pd.DataFrame({"fold": ["1", "2"], "c": 1.0, "platt_slope": [2.0, 2.0], "platt_intercept": [0.0, 0.5]})
    write_table(platt, tmp_path / "svm_folds.tsv")
    main(
        predictions=tmp_path / "predictions.tsv",
        selection=tmp_path / "selection.tsv",
        platt={"svm": tmp_path / "svm_folds.tsv"},
        performance=tmp_path / "performance.tsv",
        calibration=tmp_path / "calibration.tsv",
        variability=tmp_path / "variability.tsv",
        features={"svm": "gm_modulated"},
        cnn_feature="t1_syn",
        samples=100,
        confidence=0.95,
        seed=0,
    )
    table = read_table(tmp_path / "performance.tsv")
    accuracy = table.query("metric == 'balanced_accuracy' and fold == 'all' and seed == 'all'").set_index("model")
    assert accuracy["value"].to_dict() == {"svm": 1, "A24": 0.5, "B24": 0.5, "covariates_sex": 1, "selected": 1}
    features = {"svm": "gm_modulated", "A24": "t1_syn", "B24": "t1_syn", "selected": "t1_syn"}
    assert accuracy["feature"].dropna().to_dict() == features
    folds = table.query("fold != 'all'")
    assert folds["ci_low"].isna().all()
    text = (tmp_path / "performance.tsv").read_text()
    assert "n/a" in text
    assert "\t\t" not in text
    brier = table.query("metric == 'brier' and model == 'svm' and seed == 'all'")["value"].item()
    assert brier == pytest.approx(np.mean((expit([-2, 4, -1.5, 2.5]) - [0, 1, 0, 1]) ** 2))
    assert read_table(tmp_path / "calibration.tsv")["model"].unique().tolist() == ["svm", "selected"]
    variability = read_table(tmp_path / "variability.tsv")
    assert variability["model"].unique().tolist() == ["svm", "A24", "B24", "covariates_sex", "selected"]
    assert variability["sd_seeds"].isna().all()


def test_a_table_without_scaling_is_named(tmp_path):
    write_table(pd.DataFrame({"fold": ["1"], "c": 1.0}), tmp_path / "svm_folds.tsv")
    names = ("predictions", "selection", "performance", "calibration", "variability", "features", "cnn_feature")
    others = dict.fromkeys((*names, "samples", "confidence", "seed"))
    with pytest.raises(UserError, match=r"svm_folds.tsv: column platt_slope, platt_intercept is missing"):
        main(platt={"svm": tmp_path / "svm_folds.tsv"}, **others)
