"""How the loss of the selected networks fell, on the scans that trained them and on those that validated them."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from relmaps.catalogue.names import model_name
from relmaps.figures.overlap import is_true
from relmaps.figures.style import GUIDE, new_figure

COLUMNS = 5
HIGHEST_LOSS = 5 * np.log(2)
TRAIN: dict[str, Any] = {"color": "#8A8A8A", "linewidth": 1}
VALIDATION: dict[str, Any] = {"color": "#0072B2", "linewidth": 1.5}
KEPT: dict[str, Any] = {"color": "#D55E00", "marker": "o", "markersize": 4.5, "linestyle": "none"}


def plot_learning(histories: dict[str, list[pd.DataFrame]], names: dict[str, str]) -> Figure:
    """A panel per fold: loss by epoch in training (grey) and validation (blue), with a dot at the epoch that is kept.

    histories : fold -> history of each seed (epoch, train_loss, validation_loss, kept). names : fold -> network. Where
    nothing validates, the dot stands on the training loss.
    """
    n_columns = min(len(histories), COLUMNS)
    n_rows = -(-len(histories) // n_columns)
    figure = new_figure(18 + 38 * n_rows)
    panels = figure.subplots(n_rows, n_columns, sharex=True, sharey=True, squeeze=False)
    top = _highest([history for of_fold in histories.values() for history in of_fold])
    for axes, fold in zip(panels.flat, histories, strict=False):
        _plot_fold(axes, histories[fold])
        axes.set_ylim(0, top)
        axes.set_title(f"Fold {fold}\n{model_name(names[fold])}", fontsize=8)
        axes.xaxis.set_major_locator(MaxNLocator(4, integer=True))
    for axes in panels.flat[len(histories) :]:
        axes.set_axis_off()
    for number, axes in enumerate(panels.flat[: len(histories)]):
        if number + n_columns >= len(histories):  # the last of its column
            axes.set_xlabel("epoch")
            axes.tick_params(labelbottom=True)
        if number % n_columns == 0:
            axes.set_ylabel("cross-entropy")
    looks = {"training": TRAIN, "validation": VALIDATION, "epoch kept": KEPT, "chance": GUIDE}
    handles = [Line2D([], [], label=label, **look) for label, look in looks.items()]
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles))
    return figure


def _plot_fold(axes: Axes, histories: list[pd.DataFrame]) -> None:
    for history in histories:
        validated = history["validation_loss"].notna().any()
        axes.plot(history["epoch"], history["train_loss"], **TRAIN)
        axes.plot(history["epoch"], history["validation_loss"], **VALIDATION)
        kept = history[is_true(history["kept"])]
        axes.plot(kept["epoch"], kept["validation_loss" if validated else "train_loss"], **KEPT)
    axes.axhline(np.log(2), zorder=0, **GUIDE)


def _highest(histories: list[pd.DataFrame]) -> float:
    """Where the axis ends: a loss that explodes may leave it, so that the others can be read."""
    losses = pd.concat(history[["train_loss", "validation_loss"]] for history in histories).stack()
    return max(1.05 * min(losses.max(), HIGHEST_LOSS), 1)
