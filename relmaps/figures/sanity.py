"""How much heatmaps change when the network's weights are made random, or another class is explained."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from relmaps.catalogue.names import map_name
from relmaps.figures.style import GUIDE, MAP_LINES, new_figure

MEASURES = {"ssim": "SSIM", "spearman": "rank correlation", "spearman_absolute": "rank correlation\nof absolute values"}
ORDERS = {
    "cascading": "Random from the output down to",
    "independent": "Random in this layer alone",
    "random_logit": "Other class",
}
# Of the maps in turn; colours and styles are for those that have no line of their own in MAP_LINES.
MARKERS = "osD^vP*X<>hpd"
COLOURS = ("#56B4E9", "#009E73", "#0072B2", "#D55E00", "#E69F00", "#CC79A7", "#555555")
STYLES = ("--", "-.", ":")
SPREAD = 0.6  # width over which the marks of several maps stand side by side


def plot_sanity(randomisation: pd.DataFrame) -> Figure:
    """A row per measure of likeness to the original map, a column per order in which weights become random.

    randomisation : rows of randomisation.tsv of all maps; folds are averaged.
    """
    maps = list(randomisation["map"].unique())
    means = randomisation.groupby(["map", "order", "layer", "n_layers_randomised"], dropna=False, sort=False)
    means = means[list(MEASURES)].mean().reset_index()
    figure = new_figure(22 + 42 * len(MEASURES) + 4.5 * -(-len(maps) // 4))
    panels = figure.subplots(len(MEASURES), len(ORDERS), sharex="col", sharey="row", width_ratios=[2, 2, 0.9])
    for row, (measure, title) in zip(panels, MEASURES.items(), strict=True):
        for axes, order in zip(row, ORDERS, strict=True):
            _plot_order(axes, means[means["order"] == order], order, measure, maps)
        row[0].set_ylabel(title)
    for axes, title in zip(panels[0], ORDERS.values(), strict=True):
        axes.set_title(title)
    handles = [Line2D([], [], label=map_name(name), **select_look(name, place)) for place, name in enumerate(maps)]
    figure.legend(handles=handles, loc="outside lower center", ncols=4, handlelength=3)
    return figure


def select_look(name: str, place: int) -> dict:
    """Colour, line style and marker of the map that stands at a place in the figure."""
    other = COLOURS[place % len(COLOURS)], STYLES[place // len(COLOURS) % len(STYLES)]
    colour, style = MAP_LINES.get(name, other)
    return {"color": colour, "linestyle": style, "marker": MARKERS[place % len(MARKERS)], "markersize": 4}


def _plot_order(axes: Axes, rows: pd.DataFrame, order: str, measure: str, maps: list[str]) -> None:
    labels = [str(layer).replace("_", " ") for layer in rows["layer"].drop_duplicates()]
    offsets = np.linspace(-SPREAD / 2, SPREAD / 2, len(maps)) if len(maps) > 1 else [0]
    for place, (name, offset) in enumerate(zip(maps, offsets, strict=True)):
        values, look = rows.loc[rows["map"] == name, measure].to_numpy(), select_look(name, place)
        if order == "cascading":
            axes.plot(range(len(values) + 1), [1, *values], **look)
        else:
            axes.plot(np.arange(len(values)) + offset, values, **look | {"linestyle": "none"})
    if order == "cascading":
        labels = ["none", *labels]
    if order == "random_logit":
        labels = ["explained"]
    axes.axhline(0, zorder=0, **GUIDE)
    axes.set_xticks(range(len(labels)), labels, rotation=30 if len(labels) > 5 else 0)
    axes.set_xlim(-0.6, len(labels) - 0.4)
