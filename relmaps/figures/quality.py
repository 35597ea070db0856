"""How well the scans were registered and segmented."""

import pandas as pd
from matplotlib.figure import Figure

from relmaps.figures.groups import draw_groups
from relmaps.figures.names import group_names
from relmaps.figures.style import GUIDE, new_figure

MEASURES = {
    "similarity": ("Similarity", "correlation with the template"),
    "brain_dice": ("Brain mask", "Dice with the template"),
    "gm_dice": ("Grey matter", "Dice with the template"),
    "tiv_ml": ("Total volume", "ml"),
}


def draw_quality(
    qc: pd.DataFrame, participants: pd.DataFrame, subjects: pd.DataFrame, minimum_similarity: float
) -> Figure:
    """A panel per measure with the groups side by side. Tables as published; minimum_similarity is the gate."""
    names = group_names(participants)
    labels = qc["participant_id"].map(participants.set_index("participant_id").label)
    excluded = ~qc["scan_id"].isin(subjects["scan_id"])
    figure = new_figure(70)
    for axes, (measure, (title, units)) in zip(figure.subplots(1, len(MEASURES)), MEASURES.items(), strict=True):
        draw_groups(axes, qc[measure], labels, names, excluded)
        axes.set_title(title)
        if axes.axison:
            axes.set_ylabel(units)
        if measure == "similarity" and axes.axison:
            axes.axhline(minimum_similarity, **GUIDE)
            axes.text(
                0.5, minimum_similarity, f"gate {minimum_similarity:g}", ha="center", va="bottom", color="#444444"
            )
    return figure
