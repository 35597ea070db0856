"""How well the scans were registered and segmented."""

import pandas as pd
from matplotlib.figure import Figure

from relmaps.catalogue.names import group_names
from relmaps.figures.groups import plot_groups
from relmaps.figures.style import GUIDE, new_figure

MEASURES = {
    "similarity": ("Similarity", "correlation with the template"),
    "brain_dice": ("Brain mask", "Dice with the template"),
    "gm_dice": ("Grey matter", "Dice with the template"),
    "tiv_ml": ("Total volume", "ml"),
    "noise": ("Noise", "relative to white matter"),
    "wm_cv": ("White matter", "coefficient of variation"),
}


def plot_quality(
    qc: pd.DataFrame, participants: pd.DataFrame, subjects: pd.DataFrame, exclude_on: dict[str, list[float | None]]
) -> Figure:
    """A panel per measure with the groups side by side, and a line at each gate.

    Tables as published. exclude_on : measure -> [lowest, highest] value that is accepted, None for no limit.
    """
    names = group_names(participants)
    labels = qc["participant_id"].map(participants.set_index("participant_id").label)
    excluded = ~qc["scan_id"].isin(subjects["scan_id"])
    figure = new_figure(115)
    for axes, (measure, (title, units)) in zip(figure.subplots(2, 3).flat, MEASURES.items(), strict=True):
        plot_groups(axes, qc[measure], labels, names, excluded)
        axes.set_title(title)
        if not axes.axison:
            continue
        axes.set_ylabel(units)
        # What a gate is called stands on its accepted side.
        for limit, side, points in zip(exclude_on.get(measure, (None, None)), ("bottom", "top"), (1, -2), strict=True):
            if limit is not None:
                axes.axhline(limit, **GUIDE)
                place = {"xy": (0.5, limit), "xytext": (0, points), "textcoords": "offset points"}
                axes.annotate(f"gate {limit:g}", **place, ha="center", va=side, color="#444444")
    return figure
