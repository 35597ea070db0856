"""A picture of every scan, small enough to look at the whole cohort."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from nibabel.affines import apply_affine

from relmaps.io.images import read_map
from relmaps.preprocess.derivatives import name_derivatives, scan_of
from relmaps.preprocess.pictures import COLOURED, mark_ends, save_small, show_slice
from relmaps.space.grid import Grid

OUTLINE = COLOURED["grey matter"]
AXIAL_MM, CORONAL_MM = 16, -20  # through the ventricles, and through the hippocampi
TILE_INCHES, TITLE_INCHES, GAP_MM = 1.2, 0.25, 6
FEWEST_COLUMNS, MOST_COLUMNS = 10, 20
DPI, MOST_PIXELS = 100, 16e6  # these many make a PNG of at most 8 MB
STATES = {"excluded": "#FF5A36", "flagged": "#F0E442", "used": "white"}  # in the order of the tiles


@dataclass(frozen=True)
class Tile:
    """number : row of the scan in qc.tsv, from 1, so that nobody is named. state : a key of STATES. t1 : its path."""

    number: int
    state: str
    t1: Path


def make_tiles(qc: pd.DataFrame, subjects: pd.DataFrame, derivatives: str | Path, space: str) -> list[Tile]:
    """A tile per registered scan: first those that are not in subjects.tsv, then those with a flag, then the others."""
    used = set(subjects["scan_id"])
    tiles = []
    for number, row in enumerate(qc.itertuples(), 1):
        if row.status == "ok":
            state = "used" if pd.isna(row.flags) else "flagged"
            state = state if row.scan_id in used else "excluded"
            tiles.append(Tile(number, state, name_derivatives(scan_of(row), derivatives, space)["t1"]))
    return sorted(tiles, key=lambda tile: list(STATES).index(tile.state))


@matplotlib.rc_context(matplotlib.rcParamsDefault)  # whatever matplotlibrc the user has
def plot_mosaic(tiles: Sequence[Tile], edge: np.ndarray, grid: Grid, path: str | Path) -> None:
    """One tile per scan: an axial and a coronal slice in template space, with the template's grey matter outlined.

    edge : (nx, ny, nz) template grey matter probability. Tiles of a large cohort are smaller.
    """
    n_columns = int(np.clip(np.ceil(np.sqrt(len(tiles))), FEWEST_COLUMNS, MOST_COLUMNS))
    n_rows = -(-len(tiles) // n_columns)
    width_mm, *sides = np.array(grid.shape) * grid.voxel_mm
    height_mm = sum(sides) + GAP_MM
    tile = TILE_INCHES, TILE_INCHES * height_mm / width_mm + TITLE_INCHES
    size = tile[0] * n_columns, tile[1] * n_rows
    dpi = min(DPI, np.sqrt(MOST_PIXELS / np.prod(size)))
    font_size = max(7, 7 * 72 / dpi)  # at least 7 pixels high
    voxel = np.rint(apply_affine(np.linalg.inv(grid.affine), [0, CORONAL_MM, AXIAL_MM])).astype(int)
    figure = Figure(size, dpi=dpi, facecolor="black")
    for place, scan in enumerate(tiles):
        row, column = divmod(place, n_columns)
        corner = column / n_columns, 1 - (row + 1) / n_rows
        axes = figure.add_axes((*corner, 0.97 / n_columns, (1 - TITLE_INCHES / tile[1]) / n_rows))
        t1, outlined = read_map(scan.t1, grid), {OUTLINE: edge}
        show_slice(axes, t1, outlined, (2, voxel[2]), grid.voxel_mm)
        show_slice(axes, t1, outlined, (1, voxel[1]), grid.voxel_mm, bottom_mm=sides[0] + GAP_MM)
        axes.set(xlim=(0, width_mm), ylim=(0, height_mm), aspect="equal")
        mark_ends(axes, 2, font_size - 1)
        text = str(scan.number) if scan.state == "used" else f"{scan.number} {scan.state}"
        axes.set_title(text, color=STATES[scan.state], fontsize=font_size, pad=3)
        if scan.state != "used":
            frame = Rectangle((0, 0), 1, 1, transform=axes.transAxes, fill=False, color=STATES[scan.state], linewidth=2)
            axes.add_patch(frame)
    save_small(figure, path, [OUTLINE, *STATES.values()])
