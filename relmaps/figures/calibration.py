"""Reliability diagrams: observed share with disease against its predicted probability."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from relmaps.catalogue.names import model_name
from relmaps.classify.performance import overall
from relmaps.figures.style import GUIDE, mark_empty, new_figure


def plot_calibration(calibration: pd.DataFrame, performance: pd.DataFrame) -> Figure:
    """A panel per model: share with disease against mean predicted probability in each bin, with intervals.

    calibration, performance : as published; the Brier score is that over all folds.
    """
    models = list(calibration["model"].unique())
    figure = new_figure(72)
    brier = overall(performance, "brier").set_index("model")
    panels = figure.subplots(1, max(len(models), 1), sharex=True, sharey=True, squeeze=False)[0]
    if not models:
        mark_empty(panels[0], "n/a: no model gives probabilities")
    for axes, model in zip(panels, models, strict=False):
        _plot_model(axes, calibration[calibration["model"] == model])
        axes.set_title(model_name(model))
        if model in brier.index:
            row = brier.loc[model]
            note = f"Brier score {row.value:.3f}\n[{row.ci_low:.3f}, {row.ci_high:.3f}]"
            axes.text(0.97, 0.04, note, transform=axes.transAxes, ha="right", va="bottom")
    panels[0].set_ylabel("share with disease")
    return figure


def _plot_model(axes: Axes, rows: pd.DataFrame) -> None:
    rows = rows.dropna(subset=["observed"]).sort_values("bin")
    axes.plot([0, 1], [0, 1], **GUIDE)
    axes.vlines(rows["mean_probability"], rows["ci_low"], rows["ci_high"], color="#0072B2", linewidth=1.6)
    axes.plot(rows["mean_probability"], rows["observed"], "o-", color="#0072B2", markersize=5, linewidth=0.8)
    axes.set(xlim=(-0.03, 1.03), ylim=(-0.03, 1.03), aspect="equal")
    axes.set_xlabel("mean predicted probability")
