"""How far a meta-analysis can stand in for the truth: overlap with one against overlap with the other."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from scipy.stats import kendalltau

from relmaps.figures.names import FAMILY_NAMES, family_of, map_name, reference_name
from relmaps.figures.style import FAMILY_COLOURS, GUIDE, new_figure, say_nothing_to_show

CELL = ["map", "sign", "mask", "smoothing_mm"]
METRICS = {"roc_auc": "ROC AUC", "dice": "Dice at matched size"}


def draw_truth(scores: pd.DataFrame, truth: str | None, references: list[str]) -> Figure:
    """A row per reference that is not the truth, a column per metric; points are maps at the headline.

    scores : scores.tsv. truth : name of the reference that is known, None where there is none. Pale points are other
    cells of the sweep, at the references' own thresholds. On the dashed line both references say the same.
    """
    others = [name for name in references if name != truth]
    figure = new_figure(78 * max(1, len(others)) + 14)
    if truth is None or not others:
        say_nothing_to_show(figure.subplots(), "n/a: this study knows no truth, or has no other reference")
        return figure
    panels = figure.subplots(len(others), len(METRICS), squeeze=False)
    for row, reference in zip(panels, others, strict=True):
        for axes, metric in zip(row, METRICS, strict=True):
            _draw_pair(axes, _pairs(scores, truth, reference, metric), metric, reference)
    present = [family for family in FAMILY_COLOURS if family in set(scores["map"].map(family_of))]
    figure.legend(
        handles=[
            Line2D([], [], color=FAMILY_COLOURS[family], marker="o", linestyle="", label=FAMILY_NAMES[family])
            for family in present
        ],
        loc="outside lower center",
        ncols=len(present),
    )
    return figure


def _pairs(scores: pd.DataFrame, truth: str, reference: str, metric: str) -> pd.DataFrame:
    """map, the cell, headline, and value, ci_low and ci_high against either: suffixes _x (reference) and _y (truth)."""
    rows = scores[(scores["fold"] == "all") & (scores["metric"] == metric)]
    at_own = rows.groupby("reference")["threshold_label"].transform("first")  # the sweep's first is the headline's
    rows = rows[rows["threshold_label"].fillna("n/a") == at_own.fillna("n/a")]
    rows = rows.assign(headline=rows["headline"].astype(str).str.lower() == "true")
    columns = [*CELL, "headline", "value", "ci_low", "ci_high"]
    of = [rows.loc[rows["reference"] == name, columns] for name in (reference, truth)]
    return of[0].merge(of[1], on=[*CELL, "headline"]).dropna(subset=["value_x", "value_y"])


def _draw_pair(axes: Axes, pairs: pd.DataFrame, metric: str, reference: str) -> None:
    if pairs.empty:
        say_nothing_to_show(axes, f"n/a: the mask of the {reference_name(reference)} is empty")
        return
    colours = pairs["map"].map(family_of).map(FAMILY_COLOURS)
    axes.scatter(pairs["value_x"], pairs["value_y"], c=colours, s=5, alpha=0.25, linewidths=0)
    ends = [pairs[["value_x", "value_y"]].min().min(), pairs[["value_x", "value_y"]].max().max()]
    axes.plot(ends, ends, **GUIDE)
    main = pairs[pairs["headline"]]
    for row in main.itertuples():
        colour = FAMILY_COLOURS[family_of(row.map)]
        axes.hlines(row.value_y, row.ci_low_x, row.ci_high_x, color=colour, linewidth=0.8)
        axes.vlines(row.value_x, row.ci_low_y, row.ci_high_y, color=colour, linewidth=0.8)
        axes.plot(row.value_x, row.value_y, "o", color=colour, markersize=4.5)
    _name_points(axes, main)
    tau = kendalltau(main["value_x"], main["value_y"]).statistic
    axes.set_title(f"{METRICS[metric]}: rank correlation τ = {tau:.2f}".replace("-", "−"))
    axes.set_xlabel(f"against the {reference_name(reference)}")
    axes.set_ylabel("against the known truth")


def _name_points(axes: Axes, main: pd.DataFrame) -> None:
    """Names in two columns at the sides, in the order of the points' heights, with a thin line to each point."""
    ordered = main.sort_values("value_y")
    sides = ordered["value_x"] < ordered["value_x"].median()
    for left in (True, False):
        names = ordered[sides == left]
        for place, row in enumerate(names.itertuples(), 1):
            axes.annotate(
                map_name(row.map),
                (row.value_x, row.value_y),
                (0.02 if left else 0.98, place / (len(names) + 1)),
                textcoords="axes fraction",
                ha="left" if left else "right",
                va="center",
                fontsize=6,
                arrowprops={"arrowstyle": "-", "linewidth": 0.3, "color": "#888888"},
            )
    axes.margins(x=0.45)
