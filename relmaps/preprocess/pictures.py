"""A picture of each scan: how it lies on the template, and how it was segmented."""

from collections.abc import Iterable
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from PIL import Image

from relmaps.io.files import replacing
from relmaps.io.foreign import read_foreign_map
from relmaps.io.images import read_map
from relmaps.space.box import box_around
from relmaps.space.grid import Grid

COLOURED = {"brain": "#56B4E9", "grey matter": "#E69F00", "white matter": "#D61F7F"}
LABELS = {"brain": 1, "grey matter": 2, "white matter": 3}  # the lowest label inside each outline; fluid is 1
# Where slices lie along x, y and z, as fractions of the brain: three of each plane in template space, one in the scan,
# where the sagittal one must miss the fissure between the hemispheres.
OVERVIEW = (0.3, 0.5, 0.7)
DETAIL = (0.35, 0.5, 0.55)
ENDS = ("PA", "LR", "LR")  # what lies on the left and on the right of a sagittal, coronal and axial slice
MARGIN_MM = 8.0  # around the brain
WHITE = 1.2  # upper end of the grey scale; preprocessed scans have a mean of 1 in white matter
WIDTH, HEIGHT, DPI = 12, 10, 88  # inches; also the file of a fine and noisy scan stays below 200 kB
GREYS = 32  # of the palette, which makes a file much smaller
METHODS = {
    "skull_stripped": "as it came, without skull",
    "network": "as a network found it",
    "template": "as the template found it",
}
MEASURES = {
    "similarity": "similarity {:.2f}",
    "brain_dice": "brain Dice {:.2f}",
    "gm_dice": "grey matter Dice {:.2f}",
    "tiv_ml": "total volume {:.0f} ml",
    "noise": "noise {:.3f}",
    "wm_cv": "white matter variation {:.3f}",
}


@matplotlib.rc_context(matplotlib.rcParamsDefault)  # whatever matplotlibrc the user has
def plot_scan(files: dict[str, Path], row: dict, template_gm: np.ndarray, grid: Grid, path: str | Path) -> None:
    """Three rows: the registered T1 with the template's grey matter, the brain with its segmentation, the whole scan.

    files : `t1`, `native_t1`, `native_tissues`, `head` and `head_brain` of name_derivatives. row : the scan's row of
    qc.tsv. template_gm : (nx, ny, nz) probability on the study's grid. Nothing in the picture names the participant;
    left is left.
    """
    figure = Figure((WIDTH, HEIGHT), dpi=DPI, facecolor="black")
    _write(figure, 0.005, 0.982, "   ".join(_format_measure(row, measure) for measure in MEASURES), size=9)
    _plot_registered(figure, read_map(files["t1"], grid), template_gm, grid)
    _plot_native(figure, files)
    _plot_whole(figure, files, row)
    save_small(figure, path, COLOURED.values())


def show_slice(
    axes: Axes,
    t1: np.ndarray,
    outlined: dict[str, np.ndarray],
    place: tuple[int, int],
    voxel_mm: np.ndarray,
    bottom_mm: float = 0.0,
) -> None:
    """A slice of an image in mm, its left, or its back, on the left; the axes' limits are those of the last slice.

    t1 : (nx, ny, nz), RAS+, white matter near 1. outlined : colour -> (nx, ny, nz), whose crossing of one half is
    drawn. place : axis that the slice cuts (0 sagittal, 1 coronal, 2 axial) and index along it. voxel_mm : (3,).
    """
    axis, index = place
    picture = np.take(t1, index, axis).T
    (rows, columns), (width, height) = picture.shape, np.delete(voxel_mm, axis)
    extent = (0, columns * width, bottom_mm, bottom_mm + rows * height)
    axes.imshow(picture, origin="lower", extent=extent, cmap="gray", vmin=0, vmax=WHITE)
    # Contours go through the centres of voxels, while the extent of an image ends at their outer edges.
    x, y = (np.arange(columns) + 0.5) * width, bottom_mm + (np.arange(rows) + 0.5) * height
    for colour, data in outlined.items():
        line = np.take(data, index, axis).T
        if line.min() < 0.5 < line.max():
            axes.contour(x, y, line, levels=[0.5], colors=colour, linewidths=0.6)
    axes.set_axis_off()


def mark_ends(axes: Axes, axis: int, size: float = 7) -> None:
    """Say what lies on the left and on the right of a slice that cuts an axis."""
    for letter, x, side in zip(ENDS[axis], (0.03, 0.97), ("left", "right"), strict=True):
        axes.text(x, 0.01, letter, transform=axes.transAxes, color="white", ha=side, va="bottom", fontsize=size)


def save_small(figure: Figure, path: str | Path, colours: Iterable[str]) -> None:
    """Write the figure as PNG with a palette: greys, and the given colours over them as the edges of lines have it."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    picture = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
    greys = np.repeat(np.linspace(0, 1, GREYS), 3)
    mixed = [
        share * np.array(to_rgb(colour)) + (1 - share) * grey
        for colour in colours
        for share in (1, 2 / 3, 1 / 3)
        for grey in (0, 1 / 3, 2 / 3, 1)
    ]
    palette = Image.new("P", (1, 1))
    palette.putpalette(np.rint(255 * np.concatenate([greys, *mixed])).astype(np.uint8).tobytes())
    with replacing(path) as temporary:
        picture.quantize(palette=palette, dither=Image.Dither.NONE).save(temporary, optimize=True)


def _format_measure(row: dict, measure: str) -> str:
    text, value = MEASURES[measure], row[measure]
    return text.format(value) if np.isfinite(value) else f"{text.split(' {')[0]} n/a"


def _plot_registered(figure: Figure, t1: np.ndarray, template_gm: np.ndarray, grid: Grid) -> None:
    _write(figure, 0.005, 0.957, "registered, with the template's grey matter", COLOURED["grey matter"])
    box = box_around(template_gm > 0.5, grid.voxel_mm, MARGIN_MM)
    t1, template_gm = box.cut(t1), box.cut(template_gm)
    places = [(axis, index) for axis in range(3) for index in _indices(template_gm > 0.5, axis, OVERVIEW)]
    _plot_row(figure, 0.787, 0.947, t1, {COLOURED["grey matter"]: template_gm}, places, grid.voxel_mm)


def _plot_native(figure: Figure, files: dict[str, Path]) -> None:
    image, labels = (read_foreign_map(files[name]) for name in ("native_t1", "native_tissues"))
    voxel_mm = np.array(image.header.get_zooms())
    box = box_around(labels.get_fdata() > 0, voxel_mm, MARGIN_MM)
    t1, labels = box.cut(image.get_fdata(dtype=np.float32)), box.cut(labels.get_fdata(dtype=np.float32))
    outlined = {COLOURED[name]: (labels >= lowest).astype(np.float32) for name, lowest in LABELS.items()}
    size = " × ".join(f"{side:.3g}" for side in voxel_mm)
    _write(figure, 0.005, 0.767, f"the scan itself, voxels of {size} mm, with its")
    for (name, colour), x in zip(COLOURED.items(), (0.3, 0.34, 0.41), strict=True):
        _write(figure, x, 0.767, name, colour)
    places = [(axis, *_indices(labels > 0, axis, (fraction,))) for axis, fraction in enumerate(DETAIL)]
    _plot_row(figure, 0.4, 0.757, t1, outlined, places, voxel_mm)


def _plot_whole(figure: Figure, files: dict[str, Path], row: dict) -> None:
    image, brain = (read_foreign_map(files[name]) for name in ("head", "head_brain"))
    head, brain = (part.get_fdata(dtype=np.float32) for part in (image, brain))
    how = METHODS[row["method"]] + (f" ({row['method_reason']})" if isinstance(row["method_reason"], str) else "")
    _write(figure, 0.005, 0.385, f"the whole scan with its brain {how}"[:160])
    places = [(axis, *_indices(brain > 0, axis, (fraction,))) for axis, fraction in enumerate(DETAIL)]
    voxel_mm = np.array(image.header.get_zooms())
    _plot_row(figure, 0.005, 0.372, WHITE * head / 255, {COLOURED["brain"]: brain}, places, voxel_mm)


def _plot_row(
    figure: Figure, bottom: float, top: float, t1: np.ndarray, outlined: dict, places: list, voxel_mm: np.ndarray
) -> None:
    """Slices side by side, all on one scale, between two heights of the figure."""
    sizes = np.array(t1.shape) * voxel_mm
    widths = [sizes[1] if axis == 0 else sizes[0] for axis, _ in places]
    spec = figure.add_gridspec(
        1, len(places), left=0.005, right=0.995, bottom=bottom, top=top, wspace=0.05, width_ratios=widths
    )
    for cell, (axis, index) in zip(spec, places, strict=True):
        axes = figure.add_subplot(cell)
        show_slice(axes, t1, outlined, (axis, index), voxel_mm)
        axes.set_anchor("S")
        mark_ends(axes, axis)


def _indices(inside: np.ndarray, axis: int, fractions: tuple[float, ...]) -> list[int]:
    """Indices along an axis that lie at fractions of the way through what is true."""
    box = box_around(inside, np.ones(3), 0)
    return [int(box.low[axis] + fraction * (box.high[axis] - box.low[axis])) for fraction in fractions]


def _write(figure: Figure, x: float, y: float, text: str, colour: str = "white", size: float = 8) -> None:
    figure.text(x, y, text, color=colour, fontsize=size, va="center")
