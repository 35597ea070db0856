"""How every figure looks, and how it is written: one place for sizes, fonts and colours."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from relmaps.catalogue.looks import FAMILY_LOOKS, MAP_LOOKS
from relmaps.io.files import replacing

WIDTH_MM = 180  # a page's text width; type is 8 pt there and readable at 100 %
GROUP_COLOURS = {1: "#D55E00", 0: "#0072B2"}  # label -> colour; disease and control
FAMILY_COLOURS = {family: look.colour for family, look in FAMILY_LOOKS.items()}
GUIDE: dict[str, Any] = {"color": "#444444", "linewidth": 0.8, "linestyle": (0, (4, 3))}  # chance levels and gates

# Blue for negative and orange-red for positive can be told apart with every common colour blindness. Opacity grows with
# strength, so that weak values let the anatomy through.
NEGATIVE = [(0, "#A6E1FF"), (0.2, "#2F9AD6"), (0.35, "#0072B2B0"), (0.5, "#0072B200")]
POSITIVE = [(0.5, "#D55E0000"), (0.65, "#D55E00B0"), (0.8, "#F08A1D"), (1, "#FFE066")]
SIGNED = LinearSegmentedColormap.from_list("signed", NEGATIVE + POSITIVE)

MAP_LINES = {name: (look.colour, look.line) for name, look in MAP_LOOKS.items()}

RC: dict[Any, Any] = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],  # comes with matplotlib: the same glyphs on every machine
    "font.size": 8,
    "axes.titlesize": 8.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.7,
    "xtick.major.width": 0.7,
    "ytick.major.width": 0.7,
    "lines.linewidth": 1.3,
    "legend.frameon": False,
    "legend.fontsize": 8,
    "savefig.dpi": 300,
    "savefig.facecolor": "white",
    "svg.hashsalt": "relmaps",  # else element ids are random
    "pdf.fonttype": 42,
}
# Without dates and program names the same figure is the same file.
METADATA = {".png": {"Software": None}, ".svg": {"Date": None}, ".pdf": {"CreationDate": None}}


@contextmanager
def house_style() -> Iterator[None]:
    """Draw and save inside this block: `with house_style(): save_figure(plot_cohort(...), paths)`."""
    with matplotlib.rc_context(matplotlib.rcParamsDefault | RC):
        yield


def new_figure(height_mm: float) -> Figure:
    """An empty figure of the page's width, laid out so that nothing overlaps; no window system is touched."""
    return Figure(figsize=(WIDTH_MM / 25.4, height_mm / 25.4), layout="constrained")


def save_figure(figure: Figure, paths: Iterable[str | Path]) -> None:
    """Write the figure to each path, whose suffix (.png, .svg, .pdf) gives the format."""
    for path in map(Path, paths):
        with replacing(path) as temporary:
            figure.savefig(temporary, metadata=METADATA[path.suffix])


def mark_empty(axes: Axes, why: str) -> None:
    """Leave an empty panel that says why it is empty."""
    axes.set_axis_off()
    axes.text(0.5, 0.5, why, ha="center", va="center", transform=axes.transAxes, color="#444444", wrap=True)
