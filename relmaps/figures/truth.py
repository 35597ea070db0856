"""How far a meta-analysis can stand in for the ground truth: overlap with one against overlap with the other."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from scipy.stats import kendalltau

from relmaps.catalogue.looks import FAMILY_LOOKS
from relmaps.catalogue.maps import find_family
from relmaps.catalogue.names import map_name, reference_name
from relmaps.figures.overlap import is_true, primary_scores
from relmaps.figures.style import FAMILY_COLOURS, GUIDE, mark_empty, new_figure

SPECIFICATION = ["map", "sign", "mask", "smoothing_mm"]
METRICS = {"roc_auc": "ROC AUC", "dice": "Dice"}


def plot_truth(scores: pd.DataFrame, truth: str | None, references: list[str]) -> Figure:
    """A row per reference that is not the ground truth, a column per metric; points are maps in the primary analysis.

    scores : scores.tsv. truth : name of the reference that is known, None where there is none. Pale points are other
    specifications of the multiverse, at the references' own thresholds. On the dashed line both references say the
    same.
    """
    scores = scores[scores["map"].map(find_family) != "ceiling"]  # made from the ground truth, so no map to be judged
    others = [name for name in references if name != truth]
    figure = new_figure(72 * max(1, len(others)) + 14)
    if truth is None or not others:
        mark_empty(figure.subplots(), "n/a: this study has no ground truth, or no other reference")
        return figure
    best = primary_scores(scores, "roc_auc").query("reference == @truth").sort_values("value", ascending=False)
    numbers = {name: number for number, name in enumerate(best["map"], 1)}
    grid = figure.subplots(len(others), len(METRICS) + 1, squeeze=False, width_ratios=[1] * len(METRICS) + [0.42])
    for row, reference in zip(grid, others, strict=True):
        for axes, metric in zip(row, METRICS, strict=False):
            _plot_pair(axes, _pairs(scores, truth, reference, metric), metric, reference, numbers)
        _list_maps(row[-1], numbers)
    present = [family for family in FAMILY_COLOURS if family in set(scores["map"].map(find_family))]
    figure.legend(
        handles=[
            Line2D([], [], color=FAMILY_COLOURS[family], marker="o", linestyle="", label=FAMILY_LOOKS[family].title)
            for family in present
        ],
        loc="outside lower center",
        ncols=len(present),
    )
    return figure


def _pairs(scores: pd.DataFrame, truth: str, reference: str, metric: str) -> pd.DataFrame:
    """Columns of both references; suffixes of value, ci_low and ci_high: _x (reference), _y (truth)."""
    rows = scores[(scores["fold"] == "all") & (scores["metric"] == metric)]
    at_own = rows.groupby("reference")["threshold_label"].transform(
        "first"
    )  # the multiverse's first is the primary analysis's
    rows = rows[rows["threshold_label"].fillna("n/a") == at_own.fillna("n/a")]
    rows = rows.assign(primary=is_true(rows["primary"]))
    columns = [*SPECIFICATION, "primary", "value", "ci_low", "ci_high"]
    of = [rows.loc[rows["reference"] == name, columns] for name in (reference, truth)]
    return of[0].merge(of[1], on=[*SPECIFICATION, "primary"]).dropna(subset=["value_x", "value_y"])


def _plot_pair(axes: Axes, pairs: pd.DataFrame, metric: str, reference: str, numbers: dict[str, int]) -> None:
    if pairs.empty:
        mark_empty(axes, f"n/a: the mask of the {reference_name(reference)} is empty")
        return
    colours = pairs["map"].map(find_family).map(FAMILY_COLOURS)
    axes.scatter(pairs["value_x"], pairs["value_y"], c=colours, s=5, alpha=0.25, linewidths=0)
    main = pairs[pairs["primary"]]
    for row in main.itertuples():
        colour = FAMILY_COLOURS[find_family(row.map)]
        axes.hlines(row.value_y, row.ci_low_x, row.ci_high_x, color=colour, linewidth=0.7, alpha=0.5)
        axes.vlines(row.value_x, row.ci_low_y, row.ci_high_y, color=colour, linewidth=0.7, alpha=0.5)
        axes.plot(row.value_x, row.value_y, "o", color=colour, markersize=9)
        number = str(numbers[row.map])
        axes.text(row.value_x, row.value_y, number, color="white", fontsize=6, ha="center", va="center_baseline")
    low, high = min(_ends(axes)), max(_ends(axes))
    axes.plot([low, high], [low, high], **GUIDE)
    axes.set_xlim(low, high)
    axes.set_ylim(low, high)
    axes.set_aspect("equal")
    tau = kendalltau(main["value_x"], main["value_y"]).statistic
    axes.set_title(f"{METRICS[metric]}: τ = {tau:.2f}".replace("-", "−"))
    axes.set_xlabel(f"against the {reference_name(reference)}")
    axes.set_ylabel("against the ground truth")


def _ends(axes: Axes) -> tuple[float, ...]:
    return (*axes.get_xlim(), *axes.get_ylim())


def _list_maps(axes: Axes, numbers: dict[str, int]) -> None:
    """Which number is which map, in the order of ROC AUC against the ground truth."""
    axes.set_axis_off()
    for name, number in numbers.items():
        height = 1 - (number - 0.5) / len(numbers)
        colour = FAMILY_COLOURS[find_family(name)]
        axes.text(0, height, f"{number}  {map_name(name)}", color=colour, va="center", fontsize=7)
