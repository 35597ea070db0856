"""Which scans the study found, which it left out and why, and whom it used."""

import re
import textwrap
from collections import Counter

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from relmaps.figures.groups import draw_groups
from relmaps.figures.names import group_names
from relmaps.figures.style import GROUP_COLOURS, new_figure

MOST_REASONS = 5


def plain_reason(reason: str | float, *identifiers: str | float) -> str:
    """A reason of exclusions.tsv without file names, identifiers and remedies, so that equal reasons can be counted.

    identifiers : participant and scan of the row; where they occur in the reason they are dropped.
    """
    if pd.isna(reason):
        return "no reason given"
    text = re.sub(r"^\S*[/\\.][^:]*: ", "", str(reason)).split(";")[0]
    text = re.sub(r"\S*[/\\]\S*", "the file", text)
    for identifier in filter(pd.notna, identifiers):
        names = (re.escape(name) for name in (identifier, identifier.removeprefix("sub-")))
        text = re.sub(rf"\b({'|'.join(names)})\b", "…", text)
    text = re.sub(r"\bsub-[A-Za-z0-9]+(_\S+)?", "…", text)
    text = re.sub(r"\s*\([^)]*\)", "", text)
    # A scan's own value would make every reason its own; the limit that it missed is the same for all.
    return re.sub(r"(?<!below )(?<!above )\b\d+\.\d+ ", "", text).strip() or "no reason given"


def count_reasons(exclusions: pd.DataFrame, stage: str) -> Counter:
    """Plain reason -> number of exclusions in a stage (cohort or preprocess)."""
    rows = exclusions[exclusions["stage"] == stage]
    return Counter(plain_reason(row.reason, row.participant_id, row.scan_id) for row in rows.itertuples())


def draw_cohort(
    participants: pd.DataFrame, scans: pd.DataFrame, exclusions: pd.DataFrame, subjects: pd.DataFrame
) -> Figure:
    """Flow from the scans found to the scans used by group (left), and ages by group (right). Tables as published."""
    names = group_names(participants)
    figure = new_figure(88)
    flow, ages = figure.subplots(1, 2, width_ratios=[1.9, 1])
    _draw_flow(flow, len(scans), exclusions, subjects, names)
    draw_groups(ages, subjects["age"], subjects["label"], names)
    ages.set_title("Age of those used")
    if ages.axison:
        ages.set_ylabel("years")
    return figure


def _draw_flow(axes: Axes, n_entering: int, exclusions: pd.DataFrame, subjects: pd.DataFrame, names: dict) -> None:
    axes.set(xlim=(0, 10), ylim=(0, 10))
    axes.set_axis_off()
    axes.set_title("Scans")
    early, late = (count_reasons(exclusions, stage) for stage in ("cohort", "preprocess"))
    steps = [
        (9.2, f"{n_entering + early.total()} found", early),
        (5.6, f"{n_entering} for preprocessing", late),
        (2.6, f"{len(subjects)} used", None),
    ]
    for (height, text, reasons), following in zip(steps, [*steps[1:], None], strict=True):
        _box(axes, 2.2, height, text)
        if following is not None:
            _arrow(axes, (2.2, height - 0.55), (2.2, following[0] + 0.55))
            middle = (height + following[0]) / 2
            _arrow(axes, (2.2, middle), (4.1, middle))
            axes.text(4.25, middle, _list_reasons(reasons), ha="left", va="center", linespacing=1.25)
    for place, (label, name) in zip((1.0, 3.4), names.items(), strict=True):
        _arrow(axes, (2.2, 2.05), (place, 1.15))
        _box(axes, place, 0.6, f"{(subjects['label'] == label).sum()} {name}", GROUP_COLOURS[label])


def _list_reasons(reasons: Counter) -> str:
    if not reasons:
        return "none left out"
    # By size, then by name: the same counts give the same figure.
    ranked = sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
    shown, rest = ranked[:MOST_REASONS], sum(count for _, count in ranked[MOST_REASONS:])
    lines = [f"{reasons.total()} left out:"]
    lines += [textwrap.fill(f"{n} {why}", 46, initial_indent="  ", subsequent_indent="    ") for why, n in shown]
    return "\n".join([*lines, *([f"  {rest} for other reasons"] if rest else [])])


def _box(axes: Axes, x: float, y: float, text: str, colour: str = "#444444") -> None:
    look = {"boxstyle": "round,pad=0.5", "facecolor": "white", "edgecolor": colour, "linewidth": 1.1}
    axes.text(x, y, text, ha="center", va="center", fontsize=9, bbox=look)


def _arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    axes.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": "#444444", "linewidth": 0.9})
