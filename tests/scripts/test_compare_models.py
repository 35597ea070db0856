import numpy as np
import pandas as pd

from relmaps.io.tables import read_table, write_table
from workflow.scripts import compare_models


def test_all_pairs_are_written(tmp_path):
    label = np.arange(16) % 2
    right = np.where(label, 1.0, -1.0)
    scores = {"small": right, "wide": -right, "svm": right * np.r_[-1, -1, np.ones(14)], "covariates": -right}
    columns = {"fold": np.repeat(["1", "2"], 8), "seed": 0, "participant_id": [f"sub-{i:02d}" for i in range(16)]}
    columns |= {"role": "test", "label": label}
    tables = [pd.DataFrame({"model": model} | columns | {"score": s}) for model, s in scores.items()]
    write_table(pd.concat(tables), tmp_path / "predictions.tsv", schema="predictions")
    chosen = [(fold, model, 0, 0.1, str(model == "small").lower()) for fold in "12" for model in ("small", "wide")]
    names = ["fold", "model", "seed", "validation_loss", "chosen"]
    write_table(pd.DataFrame(chosen, columns=names), tmp_path / "selection.tsv")
    compare_models.main(
        predictions=tmp_path / "predictions.tsv",
        selection=tmp_path / "selection.tsv",
        comparisons=tmp_path / "model_comparisons.tsv",
        samples=100,
        confidence=0.95,
        seed=0,
    )
    found = read_table(tmp_path / "model_comparisons.tsv").set_index(["model_a", "model_b"])
    assert list(found.index) == [("selected", "svm"), ("selected", "covariates"), ("svm", "covariates")]
    assert found["only_a_right"].tolist() == [2, 16, 14]
    assert found["difference"].tolist() == [0.125, 1, 0.875]
    assert (tmp_path / "model_comparisons.json").exists()
