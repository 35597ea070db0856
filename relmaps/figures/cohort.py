"""Which scans the study found, which it left out and why, and whom it used."""

import re
import textwrap
from collections import Counter
from itertools import accumulate, pairwise

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from relmaps.catalogue.names import group_names
from relmaps.figures.groups import plot_groups
from relmaps.figures.style import GROUP_COLOURS, new_figure

MOST_REASONS = 5
LINE_MM, LEAST_GAP_MM = 3.6, 25  # a line of a list of reasons, and from one box to the next where the list is short
LIST_X = 4.25  # where lists begin; the flow is 10 wide


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
        # Not the 1 of sub-1 in 0.1, in ses-1 or in a gate's limit.
        text = re.sub(rf"(?<![\w.-])(?<!below )(?<!above )({'|'.join(names)})(?!\w|\.\d)", "…", text)
    text = re.sub(r"\bsub-[A-Za-z0-9]+(_[^\s,;:]+)?", "…", text)
    text = re.sub(r"…(, …)+", "…", text)
    text = re.sub(r"\s*\([^)]*\)", "", text)
    # A scan's own value would make every reason its own; the limit that it missed is the same for all.
    return re.sub(r" -?[\d.,]+(e[-+]\d+)?( ml)?(?= is (below|above) )", "", text).strip() or "no reason given"


def count_reasons(exclusions: pd.DataFrame, stage: str) -> Counter:
    """Plain reason -> number of scans left out in a stage (cohort or preprocess)."""
    rows = exclusions[(exclusions["stage"] == stage) & exclusions["scan_id"].notna()]
    return Counter(plain_reason(row.reason, row.participant_id, row.scan_id) for row in rows.itertuples())


def count_without_scan(exclusions: pd.DataFrame) -> int:
    """Participants of the source that have no scan at all: they are left out, but no scan is."""
    missing = exclusions["scan_id"].isna()
    with_scan = exclusions.loc[~missing, "participant_id"].dropna()
    return int((missing & ~exclusions["participant_id"].isin(with_scan)).sum())


def plot_cohort(
    participants: pd.DataFrame, scans: pd.DataFrame, exclusions: pd.DataFrame, subjects: pd.DataFrame
) -> Figure:
    """Flow from the scans found to the scans used by group (left), and ages by group (right). Tables as published."""
    names = group_names(participants)
    early, late = (count_reasons(exclusions, stage) for stage in ("cohort", "preprocess"))
    lists = [_list_reasons(reasons) for reasons in (early, late)]
    gaps = [max(LEAST_GAP_MM, LINE_MM * (text.count("\n") + 1) + 8) for text in lists]
    groups = {label: textwrap.fill(f"{(subjects['label'] == label).sum()} {name}", 15) for label, name in names.items()}
    heights = list(accumulate([6, *gaps]))  # of the boxes, in mm from the top
    bottom = heights[-1] + 18 + LINE_MM * max(text.count("\n") + 1 for text in groups.values())
    figure = new_figure(bottom + 10)
    flow, ages = figure.subplots(1, 2, width_ratios=[1.9, 1])
    flow.set(xlim=(-0.4, 10), ylim=(bottom, 0))
    flow.set_axis_off()
    flow.set_title("Scans")
    boxes = [f"{len(scans) + early.total()} found", f"{len(scans)} for preprocessing", f"{len(subjects)} used"]
    for height, text in zip(heights, boxes, strict=True):
        _box(flow, 2.2, height, text)
    without_scan = count_without_scan(exclusions)
    if without_scan:
        people = "participant" if without_scan == 1 else "participants"
        flow.text(LIST_X, heights[0], f"{without_scan} {people} without a scan", va="center", color="#444444")
    for (above, below), text in zip(pairwise(heights), lists, strict=True):
        _arrow(flow, (2.2, above + 4.5), (2.2, below - 4.5))
        _arrow(flow, (2.2, (above + below) / 2), (LIST_X - 0.15, (above + below) / 2))
        flow.text(LIST_X, (above + below) / 2, text, va="center", linespacing=1.25)
    for x, (label, text) in zip((0.85, 3.6), groups.items(), strict=True):
        _arrow(flow, (2.2, heights[-1] + 4.5), (x, heights[-1] + 11.5))
        _box(flow, x, heights[-1] + 14, text, GROUP_COLOURS[label], "top")
    plot_groups(ages, subjects["age"], subjects["label"], names)
    ages.set_title("Age of those used")
    if ages.axison:
        ages.set_ylabel("years")
    return figure


def _list_reasons(reasons: Counter) -> str:
    if not reasons:
        return "none left out"
    # By size, then by name: the same counts give the same figure.
    ranked = sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
    shown, rest = ranked[:MOST_REASONS], sum(count for _, count in ranked[MOST_REASONS:])
    lines = [f"{reasons.total()} left out:"]
    lines += [textwrap.fill(f"{n} {why}", 46, initial_indent="  ", subsequent_indent="    ") for why, n in shown]
    return "\n".join([*lines, *([f"  {rest} for other reasons"] if rest else [])])


def _box(axes: Axes, x: float, y: float, text: str, colour: str = "#444444", va: str = "center") -> None:
    look = {"boxstyle": "round,pad=0.5", "facecolor": "white", "edgecolor": colour, "linewidth": 1.1}
    axes.text(x, y, text, ha="center", va=va, fontsize=9, bbox=look)


def _arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    axes.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": "#444444", "linewidth": 0.9})
