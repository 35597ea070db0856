"""All maps ranked by their overlap in the primary analysis, with intervals, baselines among them, and the ceiling."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from relmaps.catalogue.looks import FAMILY_LOOKS
from relmaps.catalogue.maps import find_family
from relmaps.catalogue.names import map_name, reference_name
from relmaps.figures.overlap import primary_scores
from relmaps.figures.style import FAMILY_COLOURS, GUIDE, mark_empty, new_figure

CEILING = "ceiling"
CEILING_LINE: dict[str, Any] = {"linestyle": ":", "linewidth": 1.2, "zorder": 0}


def plot_ranking(scores: pd.DataFrame, references: list[str]) -> Figure:
    """A panel per reference: primary ROC AUC of each map with its interval, best on top; the ceiling is a line."""
    auc = primary_scores(scores, "roc_auc")
    ceilings = auc["map"].map(find_family) == CEILING
    auc, ceilings = auc[~ceilings], auc[ceilings]
    figure = new_figure(24 + 6.5 * max(auc["map"].nunique(), 4))
    for axes, reference in zip(figure.subplots(1, len(references), squeeze=False)[0], references, strict=True):
        _plot_reference(axes, auc[auc["reference"] == reference].dropna(subset=["value"]))
        for value in ceilings.loc[ceilings["reference"] == reference, "value"].dropna():
            axes.axvline(value, color=FAMILY_COLOURS[CEILING], **CEILING_LINE)
        axes.set_title(f"Against the {reference_name(reference)}")
    present = [family for family in FAMILY_COLOURS if family in set(auc["map"].map(find_family))]
    handles = [
        Line2D([], [], color=FAMILY_COLOURS[family], marker="o", linewidth=2, label=FAMILY_LOOKS[family].title)
        for family in present
    ]
    if len(ceilings):
        label = f"{FAMILY_LOOKS[CEILING].title}: {', '.join(map(map_name, ceilings['map'].unique()))}"
        handles.append(Line2D([], [], color=FAMILY_COLOURS[CEILING], label=label, **CEILING_LINE))
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles))
    return figure


def _plot_reference(axes: Axes, rows: pd.DataFrame) -> None:
    if rows.empty:
        mark_empty(axes, "n/a: the reference's mask is empty")
        return
    rows = rows.sort_values(["value", "map"], ascending=[False, True])
    for place, row in enumerate(rows.itertuples()):
        colour = FAMILY_COLOURS[find_family(row.map)]
        axes.hlines(place, row.ci_low, row.ci_high, color=colour, linewidth=2)
        axes.plot(row.value, place, "o", color=colour, markersize=5)
        right = row.value if np.isnan(row.ci_high) else row.ci_high
        axes.annotate(
            f"{row.value:.2f}",
            (right, place),
            (5, 0),
            textcoords="offset points",
            va="center",
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5},  # over the line of chance
        )
    axes.axvline(0.5, **GUIDE)
    axes.set_yticks(range(len(rows)), rows["map"].map(map_name))
    axes.set_ylim(len(rows) - 0.4, -0.6)
    lowest = min(rows["value"].min(), np.nanmin([0.5, *rows["ci_low"]]))
    axes.set_xlim(max(lowest - 0.03, 0), 1.06)
    axes.set_xticks([tick for tick in np.arange(0, 1.05, 0.1) if tick >= axes.get_xlim()[0]])
    axes.set_xlabel("ROC AUC (dashed: chance)")
