import logging

import numpy as np
import pandas as pd
import pytest
import torch

from relmaps.classify.predictions import compute_cross_entropy, prediction_table, select_networks


def predictions(fold, model, seed, score, role="validation"):
    """Two participants, one of each class, rightly told apart by a score above 0."""
    ids = [f"sub-{role}-{label}" for label in (0, 1)]
    columns = {"participant_id": ids, "role": role, "label": [0, 1], "score": [-score, score]}
    return pd.DataFrame({"model": model, "fold": fold, "seed": seed} | columns)


def chosen(selection):
    return list(selection.loc[selection["chosen"] == "true", ["fold", "model"]].itertuples(index=False, name=None))


def test_cross_entropy_is_that_of_the_two_logits(rng):
    logits, labels = rng.normal(size=(9, 2)) * 5, rng.integers(0, 2, size=9)
    literal = torch.nn.functional.cross_entropy(torch.from_numpy(logits), torch.from_numpy(labels))
    assert compute_cross_entropy(logits[:, 1] - logits[:, 0], labels) == pytest.approx(float(literal))
    assert np.isnan(compute_cross_entropy(np.empty(0), np.empty(0, int)))


def test_table_takes_participants_by_row():
    subjects = pd.DataFrame({"participant_id": ["sub-a", "sub-b", "sub-c"], "label": [0, 1, 1]})
    table = prediction_table(
        subjects, np.array([2, 0]), np.array([0.5, -2]), model="svm", fold="3", seed=0, role="test"
    )
    assert table["participant_id"].tolist() == ["sub-c", "sub-a"]
    assert table["label"].tolist() == [1, 0]
    assert table["score"].tolist() == [0.5, -2]
    assert set(table["fold"]) == {"3"}


def test_lowest_mean_validation_loss_wins_in_each_fold():
    table = pd.concat(
        [
            predictions("1", "svm", 0, 50, role="test"),
            predictions("1", "A24", 0, 3.0),
            predictions("1", "A24", 1, -3.0),  # one good and one bad seed
            predictions("1", "B24", 0, 0.5),
            predictions("1", "B24", 1, 0.5),
            predictions("2", "A24", 0, 2.0),
            predictions("2", "A24", 1, 2.0),
            predictions("2", "B24", 0, 1.0),
            predictions("2", "B24", 1, 1.0),
        ]
    )
    selection = select_networks(table, ["A24", "B24"])
    assert set(chosen(selection)) == {("1", "B24"), ("2", "A24")}
    assert list(selection.columns) == ["fold", "model", "seed", "validation_loss", "chosen"]
    assert len(selection) == 8
    assert selection["validation_loss"].iloc[0] == pytest.approx(np.log1p(np.exp(-3)))


def test_test_scores_play_no_part():
    validation = [predictions("1", "A24", 0, 1.0), predictions("1", "B24", 0, 0.9)]
    test = [predictions("1", "A24", 0, -99, role="test"), predictions("1", "B24", 0, 99, role="test")]
    assert chosen(select_networks(pd.concat(validation + test), ["A24", "B24"])) == [("1", "A24")]


def test_without_validation_the_first_network_is_taken_and_said(caplog):
    table = pd.concat([predictions("1", model, 0, 1.0, role="test") for model in ("C24", "A24")])
    with caplog.at_level(logging.INFO, logger="relmaps"):
        selection = select_networks(table, ["A24", "C24"])
    assert chosen(selection) == [("1", "C24")]
    assert selection["validation_loss"].isna().all()
    assert "no validation part" in caplog.text


def test_controls_and_linear_models_are_not_candidates():
    others = [predictions("1", model, 0, 9.0) for model in ("A24_binarised", "svm")]
    assert chosen(select_networks(pd.concat([*others, predictions("1", "A24", 0, 1.0)]), ["A24"])) == [("1", "A24")]
