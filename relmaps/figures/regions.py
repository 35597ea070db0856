"""In which regions of an atlas maps and references lie, beyond what a map without preferences would have there."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from relmaps.catalogue.names import map_name, reference_name
from relmaps.figures.style import mark_empty, new_figure

LIMIT = 3.0  # powers of two at either end of the colours
WIDE = 14  # regions that leave room for numbers and slanted names
MANY = 30  # regions from which on only those that a reference lies in most are drawn


def plot_regions(regions: pd.DataFrame, maps: list[str], references: list[str]) -> Figure:
    """Rows are maps, and below them the references; columns are regions; colours and numbers tell how many times the
    share of the volume lies there.

    regions : regions.tsv. Of many regions those are drawn that hold most of any reference; the caption says so.
    """
    rows = _concentration(regions, maps, references)
    figure = new_figure(48 + 5.2 * len(rows))
    axes = figure.subplots()
    if rows.empty:
        mark_empty(axes, "n/a: no map has values")
        return figure
    _plot_matrix(axes, rows)
    axes.axhline(len(rows) - len(references) - 0.5, color="white", linewidth=3)
    bar = figure.colorbar(axes.images[0], ax=axes, shrink=0.8, pad=0.02, extend="both")
    ticks = [-3, -2, -1, 0, 1, 2, 3]
    bar.set_ticks(ticks, labels=[f"{2.0**tick:g}" for tick in ticks])
    bar.set_label("share of the map / share of the volume")
    bar.outline.set_visible(False)
    return figure


def _concentration(regions: pd.DataFrame, maps: list[str], references: list[str]) -> pd.DataFrame:
    """Named rows x regions: share over expected share."""
    first = regions[regions["reference"] == references[0]].pivot(
        index="map", columns="region", values="share_of_relevance"
    )
    order = list(dict.fromkeys(regions["region"]))
    expected = regions.drop_duplicates("region").set_index("region")["share_expected"]
    rows = {map_name(name): first.loc[name] for name in maps if name in first.index}
    for name in references:
        of_reference = regions[regions["reference"] == name].drop_duplicates("region").set_index("region")
        rows[reference_name(name).capitalize()] = of_reference["share_of_reference"]
    table = (pd.DataFrame(rows).T / expected)[order]
    if len(order) > MANY:
        held = table.tail(len(references)).max().nlargest(MANY).index
        table = table[[name for name in order if name in held]]
    return table.dropna(how="all")


def _plot_matrix(axes: Axes, rows: pd.DataFrame) -> None:
    values = rows.to_numpy(float)
    with np.errstate(divide="ignore"):
        logs = np.clip(np.log2(values), -LIMIT, LIMIT)
    axes.imshow(logs, cmap="PuOr_r", vmin=-LIMIT, vmax=LIMIT, aspect="auto")
    for (row, column), value in np.ndenumerate(values):
        if np.isfinite(value) and values.shape[1] <= WIDE:
            colour = "white" if abs(logs[row, column]) > 0.6 * LIMIT else "black"
            axes.text(column, row, f"{value:.1f}", ha="center", va="center_baseline", fontsize=6.5, color=colour)
    axes.set_yticks(range(len(rows)), rows.index)
    few = rows.shape[1] <= WIDE
    axes.set_xticks(range(rows.shape[1]), rows.columns, rotation=30 if few else 90, ha="right" if few else "center")
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
