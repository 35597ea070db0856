"""Points of two groups side by side, used wherever scans are compared."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from relmaps.figures.style import GROUP_COLOURS, mark_empty


def plot_groups(
    axes: Axes, values: pd.Series, labels: pd.Series, names: dict[int, str], excluded: pd.Series | None = None
) -> None:
    """A dot per scan and a line at the median of each group; excluded scans are crosses and do not enter the median.

    values, labels, excluded : aligned series, one row per scan; missing values are left out and counted below.
    names : label -> group name, in the order from left to right.
    """
    excluded = pd.Series(False, index=values.index) if excluded is None else excluded
    if values.notna().sum() == 0:
        mark_empty(axes, "n/a")
        return
    spread = np.random.default_rng(0).uniform(-0.22, 0.22, len(values))
    for place, label in enumerate(names):
        for out, marker in [(False, "o"), (True, "x")]:
            mine = ((labels == label) & (excluded == out) & values.notna()).to_numpy()
            style: dict[str, Any] = (
                {"s": 14, "alpha": 0.65, "linewidths": 0} if marker == "o" else {"s": 26, "linewidths": 1.4}
            )
            axes.scatter(place + spread[mine], values[mine], marker=marker, color=GROUP_COLOURS[label], **style)
        middle = values[(labels == label) & ~excluded].median()
        if np.isfinite(middle):
            axes.hlines(middle, place - 0.32, place + 0.32, color="black", linewidth=1.4, zorder=3)
    axes.set_xticks(range(len(names)), names.values())
    axes.set_xlim(-0.6, len(names) - 0.4)
    missing = int(values.isna().sum())
    if missing:
        axes.set_xlabel(f"not known for {missing}", color="#444444")
