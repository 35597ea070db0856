"""What the report's viewer shows: template, group maps and references, packed into the page."""

import base64
import gzip
import json
from dataclasses import dataclass
from pathlib import Path

import nibabel as nib
import numpy as np
from matplotlib.colors import to_rgba
from nibabel.affines import apply_affine
from scipy.ndimage import zoom

from relmaps.figures.maps import colour_limit
from relmaps.figures.style import NEGATIVE, POSITIVE
from relmaps.space.box import box_around
from relmaps.space.grid import Grid

LIBRARY = Path(__file__).parent / "niivue" / "niivue.js"
SHOWN_MM = 2.0  # a finer grid is averaged in blocks, so that a report stays small
LEVELS = 2**12  # of a map's largest absolute value: a value under the cursor is exact to 1/4096 of it
MARGIN_MM = 6.0  # around the brain


@dataclass(frozen=True, eq=False)
class Layer:
    """name : folder of the map or reference. data : (nx, ny, nz) on the study's grid."""

    name: str
    title: str
    units: str
    data: np.ndarray


def viewer_data(maps: list[Layer], references: list[Layer], template: np.ndarray, brain: np.ndarray, grid: Grid) -> str:
    """JSON for `viewer.js`: images as base64 of gzipped NIfTI, colours and limits of the figures.

    references : their masks. template : (nx, ny, nz) T1. brain : (nx, ny, nz) bool; what lies outside is not shown.
    """
    white = float(np.percentile(template[brain], 99.5))
    behind, fine = _interpolate(np.clip(template / white, 0, 1), grid), _interpolate(brain, grid)
    content = {
        "template": {"image": pack(behind[0], fine[0] > 0.5, behind[1], 255)},
        "maps": [
            {"name": layer.name, "title": layer.title, "units": layer.units}
            | {"limit": colour_limit(layer.data, brain), "image": pack(layer.data * brain, brain, grid)}
            for layer in maps
        ],
        "references": [
            {"name": layer.name, "title": layer.title, "image": pack(layer.data.astype(float), brain, grid, 1, "label")}
            for layer in references
        ],
        "colours": {"positive": _ramp(POSITIVE, 0.5, 1), "negative": _ramp(NEGATIVE, 0.5, 0)},
    }
    return json.dumps(content).replace("<", "\\u003c")  # no name of a map may end the script


def pack(data: np.ndarray, brain: np.ndarray, grid: Grid, levels: int = LEVELS, intent: str = "none") -> str:
    """An image as base64 of a gzipped NIfTI of 16-bit integers, cut to the brain; equal images give equal text.

    data : (nx, ny, nz). Its affine keeps places in mm where they are, also where blocks of voxels are averaged.
    intent : NIfTI's; of a label NiiVue draws the outline.
    """
    box = box_around(brain, grid.voxel_mm, MARGIN_MM)
    start, end = np.maximum(box.low, 0), np.minimum(box.high, grid.shape)
    data, affine = data[tuple(map(slice, start, end))], grid.affine.copy()
    affine[:3, 3] = apply_affine(affine, start)
    factor = max(1, int(np.ceil(SHOWN_MM / grid.voxel_mm.min() - 1e-6)))
    data, affine = _average(data, factor), affine @ np.diag([factor, factor, factor, 1.0])
    affine[:3, 3] += grid.affine[:3, :3] @ np.full(3, (factor - 1) / 2)  # the centre of the first block
    largest = float(np.abs(data).max()) or 1.0
    image = nib.Nifti1Image(np.rint(data / largest * levels).astype(np.int16), affine)
    image.header.set_slope_inter(largest / levels, 0)
    image.header.set_intent(intent)
    image.header.set_xyzt_units("mm")
    return base64.b64encode(gzip.compress(image.to_bytes(), mtime=0)).decode()


def _interpolate(data: np.ndarray, grid: Grid) -> tuple[np.ndarray, Grid]:
    """A coarse image on a grid of about `SHOWN_MM`: NiiVue shows all images on that of the first, the template."""
    factor = max(1, int(grid.voxel_mm.min() / SHOWN_MM))
    affine = grid.affine @ np.diag([1 / factor, 1 / factor, 1 / factor, 1.0])
    affine[:3, 3] = apply_affine(grid.affine, np.full(3, (1 / factor - 1) / 2))
    fine = zoom(data.astype(float), factor, order=1, mode="nearest", grid_mode=True)
    return fine, Grid(fine.shape, affine, grid.space)


def _average(data: np.ndarray, factor: int) -> np.ndarray:
    """Means of cubes of factor voxels a side; the last ones are filled up with zeros."""
    padded = np.pad(data.astype(float), [(0, -size % factor) for size in data.shape])
    nx, ny, nz = np.array(padded.shape) // factor
    return padded.reshape(nx, factor, ny, factor, nz, factor).mean(axis=(1, 3, 5))


def _ramp(colours: list[tuple[float, str]], start: float, end: float) -> list[list[float]]:
    """[place from 0 to 1, red, green, blue, alpha (0 to 255)], from zero to the limit of the scale."""
    ramp = [
        [(place - start) / (end - start), *(round(255 * part) for part in to_rgba(colour))] for place, colour in colours
    ]
    return sorted(ramp)
