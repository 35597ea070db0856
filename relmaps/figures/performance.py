"""How well each model tells disease from control on participants it never saw."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from relmaps.figures.names import METRIC_NAMES, model_name
from relmaps.figures.style import GUIDE, new_figure, say_nothing_to_show

METRICS = ("balanced_accuracy", "roc_auc")


def overall(performance: pd.DataFrame, metric: str) -> pd.DataFrame:
    """One row per model with value, ci_low and ci_high over all folds and seeds: SVM first, selected network last."""
    rows = performance[
        (performance["fold"] == "all") & (performance["seed"] == "all") & (performance["metric"] == metric)
    ]
    rows = rows.assign(order=rows["model"].map({"svm": 0, "selected": 2}).fillna(1)).sort_values(["order", "model"])
    return rows[["model", "value", "ci_low", "ci_high"]].reset_index(drop=True)


def draw_performance(performance: pd.DataFrame) -> Figure:
    """Balanced accuracy and ROC AUC: per model the estimate with its interval, and a small dot per fold and seed."""
    n_models = performance["model"].nunique()
    figure = new_figure(30 + 11 * n_models)
    panels = figure.subplots(1, len(METRICS), sharey=True)
    for axes, metric in zip(panels, METRICS, strict=True):
        _draw_metric(axes, performance, metric)
    return figure


def _draw_metric(axes: Axes, performance: pd.DataFrame, metric: str) -> None:
    rows = overall(performance, metric)
    axes.set_title(METRIC_NAMES[metric])
    if rows.empty:
        say_nothing_to_show(axes, "n/a")
        return
    low = 0.5
    for place, row in enumerate(rows.itertuples()):
        mine = (performance["model"] == row.model) & (performance["metric"] == metric) & (performance["fold"] != "all")
        folds = performance[mine & (performance["seed"].astype(str) != "all")].value.dropna()
        spread = np.linspace(-0.12, 0.12, len(folds)) if len(folds) > 1 else np.zeros(len(folds))
        axes.scatter(folds, place + 0.22 + spread, s=14, color="#7A7A7A", alpha=0.8, linewidths=0)
        axes.hlines(place, row.ci_low, row.ci_high, color="#0072B2", linewidth=2.2)
        axes.plot(row.value, place, "o", color="#0072B2", markersize=6)
        if np.isfinite(row.value):
            axes.annotate(f"{row.value:.2f}", (row.value, place), (0, 7), textcoords="offset points", ha="center")
        low = min([low, *folds, *filter(np.isfinite, [row.value, row.ci_low])])
    axes.axvline(0.5, **GUIDE)
    axes.annotate("chance", (0.5, 1), (3, -1), xycoords=("data", "axes fraction"), textcoords="offset points", va="top")
    axes.set_yticks(range(len(rows)), rows["model"].map(model_name))
    axes.set_ylim(len(rows) - 0.4, -0.75)
    axes.set_xlim(max(low - 0.06, -0.02), 1.03)
    axes.set_xlabel("held-out participants")
