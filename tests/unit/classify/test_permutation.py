import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from relmaps import ROOT
from relmaps.classify.permutation import judge_null, null_table, permute_labels
from relmaps.io.tables import write_table

SUBJECTS = pd.DataFrame(
    {"participant_id": [f"sub-{i:02d}" for i in range(30)], "label": [0, 1, 1] * 10, "age": range(30)}
)


def performance(values):
    rows = [(model, "all", "all", "balanced_accuracy", value) for model, value in values.items()]
    rows += [(model, "1", "0", "balanced_accuracy", 0.9) for model in values]
    return pd.DataFrame(rows, columns=["model", "fold", "seed", "metric", "value"])


def test_labels_alone_are_shuffled_and_follow_from_the_seed():
    first, again, other = (permute_labels(SUBJECTS, seed) for seed in (1, 1, 2))
    assert first.equals(again)
    assert not first["label"].equals(other["label"])
    assert first["label"].sum() == 20
    assert first.drop(columns="label").equals(SUBJECTS.drop(columns="label"))


def test_shuffled_labels_say_nothing_of_the_true_ones():
    """Over many seeds, the share of participants who keep their label is that of two independent samples."""
    kept = [np.mean(permute_labels(SUBJECTS, seed)["label"] == SUBJECTS["label"]) for seed in range(400)]
    assert abs(np.mean(kept) - (1 / 9 + 4 / 9)) < 0.02


def test_table_and_verdict():
    null = null_table({"1": performance({"svm": 0.4, "small": 0.7}), "2": performance({"svm": 0.56, "small": 0.6})})
    assert len(null) == 4
    assert set(null["permutation"]) == {"1", "2"}
    judged = judge_null(null).set_index("model")
    assert judged.loc["svm", "mean"] == pytest.approx(0.48)
    assert judged.loc["svm", "largest_deviation"] == pytest.approx(0.1)
    assert judged["at_chance"].tolist() == [True, False]


def test_the_command_fails_where_shuffled_labels_are_found(tmp_path):
    for value, code in ((0.5, 0), (0.7, 1)):
        path = tmp_path / f"null-{value}.tsv"
        write_table(null_table({"1": performance({"svm": value})}), path)
        command = [sys.executable, "-m", "relmaps.classify.permutation", str(path)]
        run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert run.returncode == code
        assert "svm" in run.stdout
        assert "Traceback" not in run.stderr
