"""Models by methods of explaining them: along a row the method differs alone, and along a column the model."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from relmaps.catalogue.estimators import ESTIMATORS
from relmaps.catalogue.maps import CONTRIBUTION, find_map
from relmaps.catalogue.names import map_name, model_name, reference_name
from relmaps.figures.overlap import primary_scores
from relmaps.figures.style import mark_empty, new_figure

NETWORK = "network"
METHODS = {"pattern": "activation pattern", "weights": "weights, gradient", CONTRIBUTION: "contribution", "": "other"}
LINE_MM = 7.0  # of two lines of text


def plot_model_by_method(scores: pd.DataFrame, references: list[str]) -> Figure:
    """A panel per reference: ROC AUC and average precision of each map in the primary analysis, by model and method.

    A cell lists its maps, best first; its colour is the ROC AUC of the best. Maps without a trained model are left out.
    """
    table = _placed_scores(scores)
    models = [name for name in (NETWORK, *ESTIMATORS) if name in set(table["model"])]
    methods = [name for name in METHODS if name in set(table["method"])]
    most = max(table.groupby(["reference", "model", "method"]).size(), default=1)
    figure = new_figure((16 + LINE_MM * most * max(len(models), 1)) * len(references))
    for axes, reference in zip(figure.subplots(len(references), 1, squeeze=False)[:, 0], references, strict=True):
        axes.set_title(f"Against the {reference_name(reference)}: ROC AUC / average precision")
        _plot_reference(axes, table[table["reference"] == reference], models, methods)
    return figure


def _placed_scores(scores: pd.DataFrame) -> pd.DataFrame:
    """Columns reference, map, model, method, roc_auc and average_precision of the maps of trained models."""
    auc, precision = (
        primary_scores(scores, metric)[["reference", "map", "value"]].rename(columns={"value": metric})
        for metric in ("roc_auc", "average_precision")
    )
    table = auc.merge(precision, on=["reference", "map"], how="left").dropna(subset=["roc_auc"])
    places = [_place(name) for name in table["map"]]
    table = table.assign(model=[model for model, _ in places], method=[method for _, method in places])
    return table.dropna(subset=["model"]).sort_values("roc_auc", ascending=False, kind="stable")


def _place(name: str) -> tuple[str | None, str]:
    """Model and method of a map; no model for a map that was made without a trained one."""
    record = find_map(name)
    if record.estimator:
        return record.estimator, record.kind or ""
    if record.predictions:
        return NETWORK, record.kind or ""
    return (NETWORK if record.family == "heatmap" else None), record.counterpart


def _plot_reference(axes: Axes, table: pd.DataFrame, models: list[str], methods: list[str]) -> None:
    if table.empty:
        mark_empty(axes, "n/a: the reference's mask is empty, or no map is of a trained model")
        return
    best = table.pivot_table(index="model", columns="method", values="roc_auc", aggfunc="max")
    best = best.reindex(index=models, columns=methods)
    axes.imshow(best, cmap="Blues", vmin=0.5, vmax=1, aspect="auto")
    for (row, column), value in np.ndenumerate(best.to_numpy(float)):
        cell = table[(table["model"] == models[row]) & (table["method"] == methods[column])]
        words = [
            f"{map_name(of_map.map)}\n{of_map.roc_auc:.2f} / {of_map.average_precision:.2f}"
            for of_map in cell.itertuples()
        ]
        colour = "white" if value > 0.8 else "black"
        axes.text(column, row, "\n".join(words) or "–", ha="center", va="center", fontsize=6, color=colour)
    titles = ["Network" if name == NETWORK else model_name(name) for name in models]
    axes.set_yticks(range(len(models)), titles)
    axes.set_xticks(range(len(methods)), [METHODS[name] for name in methods])
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
