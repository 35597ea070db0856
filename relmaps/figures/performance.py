"""How well each model tells disease from control on participants it never saw."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from relmaps.catalogue.models import is_confound
from relmaps.catalogue.names import METRIC_NAMES, model_name
from relmaps.classify.performance import overall
from relmaps.figures.style import GUIDE, mark_empty, new_figure

METRICS = ("balanced_accuracy", "roc_auc")
MODEL_COLOUR, CONTROL_COLOUR = "#0072B2", "#7A7A7A"
GAP = 0.9  # rows left free between the models and the controls


def plot_performance(performance: pd.DataFrame, null: pd.DataFrame | None = None) -> Figure:
    """Balanced accuracy and ROC AUC: per model the estimate with its interval, and a small dot per fold and seed.

    Confound models stand below the others. null : performance on permuted labels (permutation, model, metric,
    value); the range over the permutations is a light bar behind the model.
    """
    controls = performance["model"].map(is_confound).any()
    figure = new_figure(30 + 11 * (performance["model"].nunique() + GAP * controls))
    panels = figure.subplots(1, len(METRICS), sharey=True)
    for axes, metric in zip(panels, METRICS, strict=True):
        ranges = {} if null is None else _ranges(null[null["metric"] == metric])
        _plot_metric(axes, performance, metric, ranges)
    return figure


def _ranges(null: pd.DataFrame) -> dict[str, tuple[float, float]]:
    values = null.dropna(subset=["value"]).groupby("model")["value"]
    return {model: (part.min(), part.max()) for model, part in values}


def _plot_metric(axes: Axes, performance: pd.DataFrame, metric: str, ranges: dict) -> None:
    rows = overall(performance, metric)
    axes.set_title(METRIC_NAMES[metric])
    if rows.empty:
        mark_empty(axes, "n/a")
        return
    control = rows["model"].map(is_confound)
    places = np.arange(len(rows)) + GAP * control
    low = 0.5
    for row, place, colour in zip(
        rows.itertuples(), places, np.where(control, CONTROL_COLOUR, MODEL_COLOUR), strict=True
    ):
        mine = (performance["model"] == row.model) & (performance["metric"] == metric) & (performance["fold"] != "all")
        folds = performance[mine & (performance["seed"].astype(str) != "all")].value.dropna()
        if row.model in ranges:
            left, right = ranges[row.model]
            axes.barh(place, right - left, 0.36, left, color="#E6E6E6", linewidth=0, zorder=0)
            low = min(low, left)
        spread = np.linspace(-0.12, 0.12, len(folds)) if len(folds) > 1 else np.zeros(len(folds))
        axes.scatter(folds, place + 0.22 + spread, s=14, color="#7A7A7A", alpha=0.8, linewidths=0)
        axes.hlines(place, row.ci_low, row.ci_high, color=colour, linewidth=2.2)
        axes.plot(row.value, place, "o", color=colour, markersize=6)
        if np.isfinite(row.value):
            box = {"facecolor": "white", "edgecolor": "none", "pad": 0.5}  # over the line of chance
            axes.annotate(
                f"{row.value:.2f}", (row.value, place), (0, 7), textcoords="offset points", ha="center", bbox=box
            )
        low = min([low, *folds, *filter(np.isfinite, [row.value, row.ci_low])])
    axes.axvline(0.5, **GUIDE)
    axes.annotate("chance", (0.5, 1), (3, -1), xycoords=("data", "axes fraction"), textcoords="offset points", va="top")
    axes.set_yticks(places, rows["model"].map(model_name))
    axes.set_ylim(places.max() + 0.6, -0.75)
    axes.set_xlim(max(low - 0.06, -0.02), 1.03)
    if control.any() and not control.all():
        _separate(axes, places[control].min())
    axes.set_xlabel("held-out participants" + (" (bars: label permutations)" if ranges else ""))


def _separate(axes: Axes, first: float) -> None:
    """A thin line above the first confound model, with what stands below it."""
    height = first - 1.05
    axes.axhline(height, color="#444444", linewidth=0.6)
    where: dict[str, Any] = {"xycoords": ("axes fraction", "data"), "textcoords": "offset points"}
    axes.annotate(
        "confound models: no tissue contrast", (1, height), (-2, -2), ha="right", va="top", color="#444444", **where
    )
