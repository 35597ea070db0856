"""Whether the ranking of maps survives the choices of the multiverse."""

from textwrap import fill

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from relmaps.catalogue.names import map_name, reference_name
from relmaps.figures.overlap import is_true, primary_scores
from relmaps.figures.style import mark_empty, new_figure

CHOICE = ["target", "pooling", "normalisation", "order", "mask", "sign", "smoothing_mm"]
METRIC = "roc_auc"
RANKS = "viridis_r"  # the best is brightest
LINE = 110  # characters of 8 pt


def plot_multiverse(scores: pd.DataFrame, variants: pd.DataFrame, references: list[str]) -> Figure:
    """Per reference: the rank of each map by ROC AUC in each specification, and of each heatmap however it is pooled.

    scores, variants : as published. Columns are specifications by sign, then mask, smoothing and threshold of the
    reference; the primary analysis is framed.
    """
    auc = scores[(scores["metric"] == METRIC) & (scores["fold"] == "all")].fillna({"threshold_label": "n/a"})
    auc = auc.assign(primary=is_true(auc["primary"]))
    n_maps, n_variants = auc["map"].nunique(), variants["map"].nunique()
    heights = [5 * max(n_maps, 4) + 28] * len(references) + [5 * max(n_variants, 3) + 24]
    figure = new_figure(sum(heights) + 8)
    rows = figure.subfigures(len(references) + 1, 1, squeeze=False, height_ratios=heights)[:, 0]
    for part, reference in zip(rows, references, strict=False):
        _plot_specifications(part.subplots(), auc[auc["reference"] == reference], scores, reference)
    panels = rows[-1].subplots(1, len(references), squeeze=False, sharey=True)[0]
    for axes, reference in zip(panels, references, strict=True):
        _plot_choices(axes, variants[(variants["reference"] == reference) & (variants["metric"] == METRIC)], reference)
    places = range(1, n_variants + 1)
    handles = [Patch(facecolor=_colour(place, n_variants), label=f"rank {place}") for place in places]
    rows[-1].legend(handles=handles, loc="outside lower center", ncols=min(6, max(1, n_variants)))
    return figure


def _plot_specifications(axes: Axes, auc: pd.DataFrame, scores: pd.DataFrame, reference: str) -> None:
    table = auc.pivot_table(index="map", columns=["sign", "mask", "smoothing_mm", "threshold_label"], values="value")
    axes.set_title(f"Against the {reference_name(reference)}: rank by ROC AUC")
    if table.empty:
        mark_empty(axes, "n/a: the reference's mask is empty")
        return
    primary = primary_scores(scores, METRIC).query("reference == @reference").set_index("map")["value"]
    order = primary.sort_values(ascending=False).index
    ranks = table.loc[order].rank(ascending=False, method="min")
    axes.imshow(ranks, cmap=RANKS, vmin=1, vmax=len(order), aspect="auto")
    for (row, column), rank in np.ndenumerate(ranks.to_numpy()):
        if ranks.shape[1] <= 36:
            dark = rank > 0.55 * len(order)
            colour = "white" if dark else "black"
            axes.text(column, row, f"{rank:.0f}", ha="center", va="center_baseline", fontsize=6, color=colour)
    columns = list(ranks.columns)
    framed = tuple(auc.loc[auc["primary"], ["sign", "mask", "smoothing_mm", "threshold_label"]].iloc[0])
    if framed in columns:  # not where the primary analysis's mask is empty
        place = columns.index(framed)
        axes.add_patch(Rectangle((place - 0.5, -0.5), 1, len(order), fill=False, edgecolor="#D55E00", linewidth=1.6))
    axes.set_yticks(range(len(order)), [map_name(name) for name in order])
    _label_groups(axes, ranks.columns)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)


def _label_groups(axes: Axes, columns: pd.MultiIndex) -> None:
    """Signs and masks below, with white lines between groups."""
    frame = columns.to_frame(index=False)
    groups = frame.groupby(["sign", "mask"], sort=False).indices
    axes.set_xticks([places.mean() for places in groups.values()], [f"{sign}\n{mask}" for sign, mask in groups])
    for places in list(groups.values())[1:]:
        axes.axvline(places[0] - 0.5, color="white", linewidth=2)
    mm = ", ".join(f"{value:g}" for value in sorted(frame["smoothing_mm"].unique()))
    labels = fill(", ".join(frame["threshold_label"].unique()), LINE)
    axes.set_xlabel(f"in each group: smoothing {mm} mm; at each, the reference's thresholds\n{labels}")


def _plot_choices(axes: Axes, variants: pd.DataFrame, reference: str) -> None:
    """Share of all choices of pooling and specification in which a heatmap has each rank."""
    axes.set_title(f"Ways of pooling, {reference_name(reference)}")
    table = variants.pivot_table(index="map", columns=CHOICE, values="value")
    if table.empty:
        mark_empty(axes, "n/a: nothing to rank")
        return
    table = table.dropna(axis=1)
    ranks = table.rank(ascending=False, method="min")
    order = ranks.mean(axis=1).sort_values().index
    left = np.zeros(len(order))
    for place in range(1, len(order) + 1):
        share = 100 * (ranks.loc[order] == place).mean(axis=1).to_numpy()
        axes.barh(range(len(order)), share, 0.72, left, color=_colour(place, len(order)), edgecolor="white")
        left += share
    axes.set_yticks(range(len(order)), [map_name(name) for name in order])
    axes.set_ylim(len(order) - 0.4, -0.6)
    axes.set_xlim(0, 100)
    axes.set_xlabel(f"share of {table.shape[1]} choices (%)")


def _colour(place: int, n: int) -> tuple:
    return colormaps[RANKS]((place - 1) / max(1, n - 1))
