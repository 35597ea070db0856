"""Sample-size curve: overlap against the size of the cohort and the severity of the disease."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from relmaps.catalogue.names import map_name, reference_name
from relmaps.figures.style import GUIDE, MAP_LINES, mark_empty, new_figure

LEVELS = {"size": "participants", "severity": "median severity of those with disease"}
METRIC = "roc_auc"


def plot_sample_size_curve(curves: pd.DataFrame, references: list[str]) -> Figure:
    """A row per reference, beside each other size and severity: mean ROC AUC over random subsets, with their range."""
    maps = list(dict.fromkeys(curves["map"]))
    figure = new_figure(62 * len(references) + 6 * (len(maps) // 4 + 1))
    panels = figure.subplots(len(references), len(LEVELS), squeeze=False, sharey="row")
    for row, reference in zip(panels, references, strict=True):
        for axes, by in zip(row, LEVELS, strict=True):
            chosen = (curves["reference"] == reference) & (curves["by"] == by) & (curves["metric"] == METRIC)
            _plot_lines(axes, curves[chosen].dropna(subset=["value"]), by)
        row[0].set_ylabel(f"ROC AUC against\nthe {reference_name(reference)}")
    handles = [Line2D([], [], **_look(name), label=map_name(name)) for name in maps]
    figure.legend(handles=handles, loc="outside lower center", ncols=4)
    return figure


def _plot_lines(axes: Axes, rows: pd.DataFrame, by: str) -> None:
    if rows.empty:
        mark_empty(axes, f"n/a: no {by}, or the reference's mask is empty")
        return
    for name, of_map in rows.groupby("map", sort=False):
        values = of_map.groupby("level")["value"].agg(["mean", "min", "max"])
        look = _look(name)
        axes.plot(values.index, values["mean"], marker="o", markersize=3, **look)
        axes.fill_between(values.index, values["min"], values["max"], color=look["color"], alpha=0.1, linewidth=0)
    axes.axhline(0.5, **GUIDE)
    axes.set_xlabel(LEVELS[by])


def _look(name: str) -> dict:
    colour, style = MAP_LINES.get(name, ("#009E73", "-"))
    return {"color": colour, "linestyle": style, "linewidth": 1.4}
