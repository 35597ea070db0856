"""The network's evidence as parts of scans are deleted and inserted, in the order of each heatmap and at random."""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from relmaps.catalogue.names import map_name
from relmaps.figures.sanity import select_look
from relmaps.figures.style import GUIDE, new_figure

FILLS = {"control_mean": "mean of controls", "blurred": "blurred scan"}
CURVES = {"deletion": "deleted", "insertion": "inserted"}
RANDOM: dict[str, Any] = {"color": "#444444", "linewidth": 1.3, "linestyle": (0, (1, 1.5))}


def plot_faithfulness(curves: pd.DataFrame, areas: pd.DataFrame) -> Figure:
    """A row per fill: evidence along deletion and insertion, and how far each area is better than that of chance.

    curves, areas : rows of faithfulness.tsv and faithfulness_areas.tsv of all maps; those over all folds are drawn.
    """
    curves, areas = (table[table["fold"] == "all"] for table in (curves, areas))
    maps = list(areas["map"].unique())
    figure = new_figure(24 + 2 * max(52, 5.5 * len(maps)) + 4.5 * -(-(len(maps) + 1) // 4))
    panels = figure.subplots(len(FILLS), 3, sharex="col", width_ratios=[1, 1, 0.9])
    for row, (fill, filling) in zip(panels, FILLS.items(), strict=True):
        row[1].sharey(row[0])
        for axes, (curve, done) in zip(row, CURVES.items(), strict=False):
            mine = curves[(curves["fill"] == fill) & (curves["curve"] == curve)]
            _plot_curves(axes, mine, maps)
            axes.set_title(f"{curve.capitalize()}, {filling}")
            axes.set_xlabel(f"blocks {done} (%)")
            axes.tick_params(labelbottom=True)
        row[0].set_ylabel("evidence for the true class (logit)")
        _plot_areas(row[2], areas[areas["fill"] == fill], maps)
    handles = [Line2D([], [], label=map_name(name), **select_look(name, place)) for place, name in enumerate(maps)]
    handles.append(Line2D([], [], label="Random order", **RANDOM))
    figure.legend(handles=handles, loc="outside lower center", ncols=4, handlelength=3)
    return figure


def _plot_curves(axes: Axes, rows: pd.DataFrame, maps: list[str]) -> None:
    for place, name in enumerate(maps):
        mine = rows[(rows["map"] == name) & (rows["order"] == "map")].sort_values("fraction")
        axes.plot(100 * mine["fraction"], mine["evidence"], **select_look(name, place) | {"markersize": 3})
    # Random orders are the same for every map.
    chance = rows[(rows["map"] == maps[0]) & (rows["order"] == "random")].sort_values("fraction")
    axes.plot(100 * chance["fraction"], chance["evidence"], **RANDOM)
    axes.axhline(0, zorder=0, **GUIDE)
    axes.set_xlim(-2, 102)


def _plot_areas(axes: Axes, rows: pd.DataFrame, maps: list[str]) -> None:
    """Difference of each area from the random one, turned so that more is better, with its interval."""
    for place, name in enumerate(maps):
        colour = select_look(name, place)["color"]
        for curve, sign, offset, face in (("deletion", -1, -0.18, colour), ("insertion", 1, 0.18, "white")):
            (row,) = rows[(rows["map"] == name) & (rows["curve"] == curve)].itertuples()
            ends = sign * row.difference_ci_low, sign * row.difference_ci_high
            axes.hlines(place + offset, *ends, color=colour, linewidth=1.8)
            axes.plot(sign * row.difference, place + offset, "o", color=colour, markerfacecolor=face, markersize=4.5)
    axes.axvline(0, **GUIDE)
    axes.set_yticks(range(len(maps)), [map_name(name) for name in maps])
    axes.set_ylim(len(maps) - 0.5, -0.5)
    axes.set_title("Better than random")
    axes.set_xlabel("area (logit); full: deletion,\nopen: insertion")
    axes.tick_params(labelbottom=True)
