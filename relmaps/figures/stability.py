"""How alike maps are between seeds, folds, architectures and methods, and where they lie."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from relmaps.catalogue.names import map_name
from relmaps.figures.style import GUIDE, new_figure

# What the networks of a pair differ in: colour, marker, and how far from the middle of the row it is drawn.
BETWEEN = {"seeds": ("#0072B2", "o", -0.25), "folds": ("#D55E00", "s", 0), "architectures": ("#009E73", "D", 0.25)}
# Colour, hatch and name; neighbours differ in lightness or hatch, so that none is distinguished by its hue alone.
TISSUES = {
    "gm": ("#0072B2", "", "grey matter"),
    "wm": ("#BBDDF0", "", "white matter"),
    "csf": ("#F0E442", "", "fluid"),
    "edge": ("#D55E00", "////", "edge of the brain"),
}
VOLUME = "volume of the brain"
MANY = 14  # maps from which on rows are narrower and numbers smaller


def plot_stability(stability: pd.DataFrame, agreement: pd.DataFrame, location: pd.DataFrame, maps: list[str]) -> Figure:
    """Agreement of all pairs of maps; below, correlation between networks, and where maps lie. Tables as published.

    maps : in the order of rows and columns.
    """
    row_mm = 5.5 if len(maps) <= MANY else 4.3
    heights = [row_mm * len(maps), row_mm * (len(maps) + 1)]
    figure = new_figure(76 + sum(heights))
    above, below = figure.subfigures(2, 1, squeeze=False, height_ratios=[heights[0] + 34, heights[1] + 42])[:, 0]
    _plot_agreement(above.subplots(), agreement, maps)
    networks, places = below.subplots(1, 2, sharey=True, width_ratios=[1, 1.5])
    _plot_networks(networks, stability, maps)
    _plot_location(places, location, maps)
    places.tick_params(axis="y", length=0)
    looks = [
        Line2D([], [], color=colour, marker=marker, linewidth=1, label=f"between {what}")
        for what, (colour, marker, _) in BETWEEN.items()
        if what in set(stability.dropna(subset=["spearman"])["between"])
    ]
    tissues = [
        Patch(facecolor=colour, hatch=hatch, edgecolor="white", label=text) for colour, hatch, text in TISSUES.values()
    ]
    below.legend(handles=[*looks, *tissues], loc="outside lower center", ncols=4, handlelength=2.2)
    return figure


def _plot_agreement(axes: Axes, agreement: pd.DataFrame, maps: list[str]) -> None:
    """Rank correlation of absolute values of each pair, as colour and number."""
    matrix = np.full((len(maps), len(maps)), np.nan)
    for row in agreement.itertuples():
        a, b = maps.index(row.map_a), maps.index(row.map_b)
        matrix[a, b] = matrix[b, a] = row.spearman_absolute
    axes.imshow(matrix, cmap="RdBu_r", vmin=-1, vmax=1, aspect="auto")
    for (a, b), value in np.ndenumerate(matrix):
        if np.isfinite(value):
            text = f"{round(value, 2) + 0.0:.2f}".replace("0.", ".").replace("-", "−")
            colour = "white" if abs(value) > 0.6 else "black"
            axes.text(
                b, a, text, ha="center", va="center_baseline", fontsize=7 if len(maps) <= MANY else 5.5, color=colour
            )
    names = [map_name(name) for name in maps]
    axes.set_xticks(range(len(maps)), names, rotation=35, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(len(maps)), names)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.set_title("Agreement of maps: rank correlation of absolute values")


def _plot_networks(axes: Axes, stability: pd.DataFrame, maps: list[str]) -> None:
    """Mean rank correlation over pairs of networks, with a line to the lowest."""
    for row in stability.dropna(subset=["spearman"]).itertuples():
        colour, marker, offset = BETWEEN[row.between]
        place = maps.index(row.map) + offset
        axes.hlines(place, row.spearman_lowest, row.spearman, color=colour, linewidth=1)
        axes.plot(row.spearman, place, marker, color=colour, markersize=3.5)
    axes.axvline(0, **GUIDE)
    axes.set_xlim(min(-0.05, stability["spearman_lowest"].min() - 0.05), 1.03)
    axes.set_xlabel("rank correlation\n(line: to the lowest pair)")
    axes.set_title("Heatmaps of other networks")


def _plot_location(axes: Axes, location: pd.DataFrame, maps: list[str]) -> None:
    """Shares of each map in the brain, those of the volume below them; beside each bar what lay outside the brain."""
    shares = location.pivot(index="map", columns="tissue", values="share").loc[maps, list(TISSUES)]
    volume = location.drop_duplicates("tissue").set_index("tissue").loc[list(TISSUES), "volume_share"]
    shares.loc[VOLUME] = volume
    left = np.zeros(len(shares))
    for tissue, (colour, hatch, _) in TISSUES.items():
        width = 100 * shares[tissue].to_numpy()
        axes.barh(range(len(shares)), width, 0.72, left, color=colour, hatch=hatch, edgecolor="white", linewidth=0.6)
        left += width
    outside = location[location["tissue"] == "outside"].set_index("map")["share"]
    for place, name in enumerate(maps):
        text = "n/a" if np.isnan(outside[name]) else f"{100 * outside[name]:.1f} %"
        axes.text(102, place, text, va="center", fontsize=7)
    axes.annotate("outside", (102, -0.6), (0, 3), textcoords="offset points", annotation_clip=False)
    axes.set_yticks(range(len(shares)), [*map(map_name, maps), VOLUME])
    axes.set_ylim(len(shares) - 0.4, -0.6)
    axes.set_xlim(0, 100)
    axes.set_xlabel("share of absolute values in the brain (%)")
    axes.set_title("Where maps lie")
