"""Group maps of all methods on the template, beside the references, in the same slices."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

from relmaps.figures.style import SIGNED, new_figure
from relmaps.space.grid import Grid

SLICES_MM = (-32, -24, -16, -4, 8, 20, 32, 44)
CLIP_PERCENTILE = 99.5


@dataclass(frozen=True, eq=False)
class Panel:
    """One row of the figure: data (nx, ny, nz) on the study's grid, its title and the units of its colour bar."""

    title: str
    units: str
    data: np.ndarray


def select_slices(grid: Grid, brain: np.ndarray, positions_mm: Sequence[float] = SLICES_MM) -> list[int]:
    """Indices along z of the wanted axial slices, those without brain left out, each index once.

    brain : (nx, ny, nz) bool.
    """
    heights = grid.affine[2, 2] * np.arange(grid.shape[2]) + grid.affine[2, 3]
    nearest = [int(np.abs(heights - position).argmin()) for position in positions_mm]
    return [k for k in dict.fromkeys(nearest) if brain[:, :, k].any()]


def colour_limit(data: np.ndarray, brain: np.ndarray) -> float:
    """Half width of the symmetric colour scale: a high percentile of |data| in the brain, or 1 where all is 0."""
    limit = float(np.percentile(np.abs(data[brain]), CLIP_PERCENTILE))
    return limit or float(np.abs(data[brain]).max()) or 1.0


def plot_maps(
    panels: Sequence[Panel], outline: np.ndarray, template: np.ndarray, brain: np.ndarray, grid: Grid
) -> Figure:
    """A row of axial slices per panel, neurological orientation: the left of the brain is on the left.

    The grid's axes must be those of the template, as a study's always are; their direction does not matter.
    outline : (nx, ny, nz) bool, mask of the reference that is drawn on every row as a contour; may be empty.
    template : (nx, ny, nz) T1 behind the maps. brain : (nx, ny, nz) bool.
    """
    indices = select_slices(grid, brain)
    figure = new_figure(8 + 21.5 * len(panels))
    figure.get_layout_engine().set(w_pad=0.01, h_pad=0.02, wspace=0, hspace=0.02)
    rows = figure.subplots(len(panels), len(indices) + 1, squeeze=False, width_ratios=[1] * len(indices) + [0.1])
    window = _window(brain, grid)
    white = float(np.percentile(template[brain], 99))
    for row, panel in zip(rows, panels, strict=True):
        limit = colour_limit(panel.data, brain)
        for axes, k in zip(row[:-1], indices, strict=True):
            _plot_template(axes, template[:, :, k], white, window, grid)
            axes.imshow(panel.data[:, :, k].T, cmap=SIGNED, vmin=-limit, vmax=limit, **_frame(grid))
            if outline[:, :, k].any():
                _plot_outline(axes, outline[:, :, k], grid)
        title = textwrap.fill(panel.title, 13, break_on_hyphens=False)
        row[0].set_ylabel(title, rotation=0, ha="right", va="center")
        _plot_scale(figure, row[-1], limit, panel.units)
        for letter, x, side in [("L", 0.03, "left"), ("R", 0.97, "right")]:
            row[0].text(x, 0.97, letter, transform=row[0].transAxes, color="white", ha=side, va="top", fontsize=7)
    for axes, k in zip(rows[0, :-1], indices, strict=True):
        height = grid.affine[2, 2] * k + grid.affine[2, 3]
        axes.set_title(f"z {height:+.0f} mm".replace("-", "−"), loc="center", fontsize=7, weight="normal")
    return figure


def _plot_template(axes: Axes, t1: np.ndarray, white: float, window: tuple, grid: Grid) -> None:
    axes.imshow(t1.T, cmap="gray", vmin=0, vmax=white, **_frame(grid))
    axes.set(xlim=window[0], ylim=window[1], aspect="equal", xticks=[], yticks=[], facecolor="black")
    axes.spines[:].set_visible(False)


def _plot_outline(axes: Axes, mask: np.ndarray, grid: Grid) -> None:
    x, y = _centres(grid)
    lines = axes.contour(x, y, mask.T.astype(float), levels=[0.5], colors="white", linewidths=0.7)
    lines.set(path_effects=[withStroke(linewidth=1.6, foreground="black")])  # seen on dark and bright


def _plot_scale(figure: Figure, axes: Axes, limit: float, units: str) -> None:
    """A colour bar on grey, as the colours lie on the template, with its units beside it."""
    power = int(np.floor(np.log10(limit)))
    power = power if not -2 <= power < 3 else 0
    bar = figure.colorbar(ScalarMappable(Normalize(-limit, limit), SIGNED), cax=axes, ticks=[-limit, 0, limit])
    bar.ax.set_facecolor("#808080")
    names = [f"{value / 10**power:.2g}".replace("-", "−") for value in (-limit, 0, limit)]
    for label, side in zip(bar.ax.set_yticklabels(names, fontsize=7), ("bottom", "center", "top"), strict=True):
        label.set_va(side)  # inside the row, off the neighbours' labels
    bar.outline.set_linewidth(0.5)
    factor = f"\n$\\times 10^{{{power}}}$" if power else ""
    text = textwrap.fill(units, 20) + factor
    bar.ax.text(4.6, 0.5, text, transform=bar.ax.transAxes, fontsize=6, va="center", linespacing=1.1)


def _frame(grid: Grid) -> dict:
    """How a slice lies in mm, for imshow: outer edges left, right, back, front; each voxel a plain square."""
    edges = [
        centres[end] + side * step / 2
        for centres, step in zip(_centres(grid), _steps(grid), strict=True)
        for end, side in ((0, -1), (-1, 1))
    ]
    return {"origin": "lower", "extent": tuple(edges), "interpolation": "nearest"}


def _steps(grid: Grid) -> np.ndarray:
    """(2,) signed distance in mm from a voxel to the next along x and y."""
    return np.diag(grid.affine)[:2]


def _centres(grid: Grid) -> tuple[np.ndarray, np.ndarray]:
    """Voxel centres in mm along x and along y."""
    return tuple(grid.affine[axis, 3] + step * np.arange(grid.shape[axis]) for axis, step in enumerate(_steps(grid)))


def _window(brain: np.ndarray, grid: Grid) -> tuple[tuple[float, float], tuple[float, float]]:
    """Limits in mm along x (left to right) and y (back to front) that hold the whole brain and a voxel around it."""
    limits = []
    for axis, centres in enumerate(_centres(grid)):
        inside = centres[brain.any(axis=tuple({0, 1, 2} - {axis}))]
        margin = 1.5 * grid.voxel_mm[axis]
        limits.append((inside.min() - margin, inside.max() + margin))
    return tuple(limits)
