"""Overlap with the references at every threshold: Dice against the fraction of voxels kept, and ROC."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from relmaps.catalogue.names import map_name, reference_name
from relmaps.figures.style import FAMILY_COLOURS, GUIDE, MAP_LINES, mark_empty, new_figure


def plot_curves(curves: pd.DataFrame, maps: list[str], references: list[str]) -> Figure:
    """A row per reference. curves : rows of map, reference, fraction_kept, dice, false_ and true_positive_rate."""
    figure = new_figure(16 + 66 * len(references))
    for row, reference in zip(figure.subplots(len(references), 2, squeeze=False), references, strict=True):
        mine = curves[curves["reference"] == reference]
        _plot_dice(row[0], mine, maps)
        _plot_roc(row[1], mine, maps)
        row[0].set_title(f"Dice with the {reference_name(reference)}")
        row[1].set_title(f"ROC against the {reference_name(reference)}")
    handles = [Line2D([], [], label=map_name(name), **_line(name)) for name in maps]
    figure.legend(handles=handles, loc="outside lower center", ncols=4, handlelength=2.6)
    return figure


def _plot_dice(axes: Axes, curves: pd.DataFrame, maps: list[str]) -> None:
    if curves["dice"].notna().sum() == 0:
        mark_empty(axes, "n/a: the reference's mask is empty")
        return
    for name in maps:
        mine = curves[curves["map"] == name].dropna(subset=["fraction_kept", "dice"]).sort_values("fraction_kept")
        axes.plot(100 * mine.fraction_kept, mine["dice"], **_line(name))
    axes.set(xscale="log", xlim=(0.1, 100), xlabel="voxels kept, strongest first (%)", ylabel="Dice")
    axes.set_ylim(bottom=0)
    axes.xaxis.set_major_formatter("{x:g}")


def _plot_roc(axes: Axes, curves: pd.DataFrame, maps: list[str]) -> None:
    points = ["false_positive_rate", "true_positive_rate"]
    if curves[points].notna().all(axis=1).sum() == 0:
        mark_empty(axes, "n/a: the reference's mask is empty")
        return
    axes.plot([0, 1], [0, 1], **GUIDE)
    for name in maps:
        mine = curves[curves["map"] == name].dropna(subset=points).sort_values(points)
        axes.plot(mine.false_positive_rate, mine.true_positive_rate, **_line(name))
    axes.set(xlabel="false positive rate", ylabel="true positive rate", xlim=(0, 1), ylim=(0, 1.01), aspect="equal")


def _line(name: str) -> dict:
    colour, style = MAP_LINES.get(name, (FAMILY_COLOURS["other"], "-"))
    return {"color": colour, "linestyle": style}
