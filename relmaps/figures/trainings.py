"""Overlap of the map of every single training, beside that of the group map that is their average."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from relmaps.catalogue.names import map_name, reference_name
from relmaps.figures.overlap import primary_scores
from relmaps.figures.style import GUIDE, mark_empty, new_figure

METRIC = "roc_auc"
# Okabe & Ito 2008, with a marker each, so that no fold is distinguished by colour alone; folds beyond take them again.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#555555", "#882255")
MARKERS = ("o", "s", "D", "^", "v", "P", "X", "*")


def plot_trainings(retraining: pd.DataFrame, scores: pd.DataFrame, references: list[str]) -> Figure:
    """A panel per reference: per map a mark for each fold and seed, and a line at the group map."""
    runs = retraining[retraining["metric"] == METRIC]
    folds = sorted(runs["fold"].unique(), key=lambda fold: (len(fold), fold))
    figure = new_figure(26 + 8 * max(runs["map"].nunique(), 3))
    panels = figure.subplots(1, len(references), squeeze=False, sharey=True)[0]
    group = primary_scores(scores, METRIC)
    maps = list(dict.fromkeys(runs["map"]))
    for axes, reference in zip(panels, references, strict=True):
        axes.set_title(f"Against the {reference_name(reference)}")
        of_group = group[group["reference"] == reference].set_index("map")["value"]
        _plot_reference(axes, runs[runs["reference"] == reference], of_group, maps, folds)
    handles = [
        Line2D([], [], color=_look(n)[0], marker=_look(n)[1], linestyle="", markersize=4.5, label=f"fold {fold}")
        for n, fold in enumerate(folds)
    ]
    handles.append(Line2D([], [], color="black", marker="|", markersize=10, linestyle="", label="group map"))
    figure.legend(handles=handles, loc="outside lower center", ncols=6)
    return figure


def _plot_reference(axes: Axes, runs: pd.DataFrame, group: pd.Series, maps: list[str], folds: list[str]) -> None:
    if runs["value"].notna().sum() == 0:
        mark_empty(axes, "n/a: the reference's mask is empty, or nothing was trained")
        return
    places = np.linspace(-0.28, 0.28, len(folds)) if len(folds) > 1 else [0.0]
    for row, name in enumerate(maps):
        for n, (fold, offset) in enumerate(zip(folds, places, strict=True)):
            values = runs[(runs["map"] == name) & (runs["fold"] == fold)]["value"]
            colour, marker = _look(n)
            axes.plot(values, [row + offset] * len(values), marker, color=colour, markersize=3.6, alpha=0.9)
        if np.isfinite(group.get(name, np.nan)):
            axes.vlines(group[name], row - 0.38, row + 0.38, color="black", linewidth=1.4)
    axes.axvline(0.5, **GUIDE)
    axes.set_yticks(range(len(maps)), map(map_name, maps))
    axes.set_ylim(len(maps) - 0.5, -0.5)
    axes.set_xlabel("ROC AUC (dashed: chance)")


def _look(n: int) -> tuple[str, str]:
    return COLOURS[n % len(COLOURS)], MARKERS[n % len(MARKERS)]
