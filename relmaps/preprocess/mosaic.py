"""A picture of every scan, small enough to look at the whole cohort."""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from relmaps.files import replacing
from relmaps.images import Grid, read_map

AXIAL_MM, CORONAL_MM = 16, -20  # through the ventricles, and through the hippocampi
TILE_INCHES, TITLE_INCHES = 1.2, 0.25


def plot_mosaic(
    scans: dict[str, dict[str, Path]], edge: np.ndarray, grid: Grid, path: str | Path, n_columns: int = 10
) -> None:
    """One tile per scan: an axial and a coronal slice in template space, with the template's grey matter outlined.

    scans : title -> paths of `t1` on the study's grid. edge : (nx, ny, nz) template grey matter probability.
    """
    n_rows = -(-len(scans) // n_columns)
    tile = TILE_INCHES, TILE_INCHES * (grid.shape[1] + grid.shape[2] + 2) / grid.shape[0] + TITLE_INCHES
    figure, axes = plt.subplots(
        n_rows, n_columns, figsize=(tile[0] * n_columns, tile[1] * n_rows), squeeze=False, facecolor="black"
    )
    voxel = np.rint(np.linalg.inv(grid.affine) @ [0, CORONAL_MM, AXIAL_MM, 1]).astype(int)
    axial, coronal = voxel[2], voxel[1]
    for axis in axes.flat:
        axis.axis("off")
    for axis, (title, files) in zip(axes.flat, scans.items(), strict=False):
        t1 = read_map(files["t1"], grid)
        for offset, cut in ((0, np.s_[:, :, axial]), (grid.shape[1] + 2, np.s_[:, coronal, :])):
            picture, line = t1[cut].T, edge[cut].T
            extent = (0, picture.shape[1], offset, offset + picture.shape[0])
            axis.imshow(picture, origin="lower", extent=extent, cmap="gray", vmin=0, vmax=1.2)
            axis.contour(line, levels=[0.5], extent=extent, colors="#E69F00", linewidths=0.5)
        axis.set_xlim(0, grid.shape[0])
        axis.set_ylim(0, grid.shape[1] + grid.shape[2] + 2)
        axis.set_aspect("equal")
        axis.set_title(title, color="white", fontsize=7)
    figure.subplots_adjust(0, 0, 1, 1 - TITLE_INCHES / (tile[1] * n_rows), 0, TITLE_INCHES / tile[1])
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=100, facecolor="black", metadata={"Software": None})
    plt.close(figure)
