import numpy as np
import pandas as pd
import pytest

from relmaps.figures.learning import plot_learning


@pytest.fixture
def history():
    columns = {"epoch": [1, 2, 3], "train_loss": [0.7, 0.5, 0.2], "validation_loss": [0.6, 0.4, 0.5]}
    return pd.DataFrame(columns | {"kept": ["false", "true", "false"]})


def get_lines(axes):
    return [np.array(line.get_data()).T.tolist() for line in axes.lines]


def test_a_panel_shows_both_losses_and_the_epoch_that_is_kept(history):
    train, validation, kept, chance = get_lines(plot_learning({"1": [history]}, {"1": "small"}).axes[0])
    assert train == [[1, 0.7], [2, 0.5], [3, 0.2]]
    assert validation == [[1, 0.6], [2, 0.4], [3, 0.5]]
    assert kept == [[2, 0.4]]
    assert {y for _, y in chance} == {np.log(2)}


def test_without_validation_the_mark_stands_on_the_training_loss(history):
    history = history.assign(validation_loss=np.nan, kept=["false", "false", "true"])
    assert get_lines(plot_learning({"1": [history]}, {"1": "small"}).axes[0])[2] == [[3, 0.2]]


def test_every_fold_and_seed_is_drawn(history):
    histories = {str(fold): [history, history] for fold in range(1, 8)}
    figure = plot_learning(histories, dict.fromkeys(histories, "A24"))
    shown = [axes for axes in figure.axes if axes.axison]
    assert [axes.get_title() for axes in shown] == [f"Fold {fold}\nNetwork “A24”" for fold in range(1, 8)]
    assert {len(axes.lines) for axes in shown} == {7}
    assert [bool(axes.get_xlabel()) for axes in shown] == [False, False, True, True, True, True, True]


def test_a_loss_that_explodes_does_not_flatten_the_others(history):
    wild = history.assign(train_loss=[0.7, 1e9, 0.2])
    tops = [plot_learning({"1": [one]}, {"1": "small"}).axes[0].get_ylim()[1] for one in (history, wild)]
    assert 0.7 < tops[0] < tops[1] < 5
