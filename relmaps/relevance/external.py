"""External maps, which are scored beside the study's own."""

from pathlib import Path

import numpy as np

from relmaps.io.errors import UserError
from relmaps.relevance.semantics import MapSemantics
from relmaps.space.grid import Grid
from relmaps.space.resample import read_on_grid


def read_external_map(
    path: str | Path, polarity: int, grid: Grid, brain: np.ndarray, affine: str | None = None
) -> tuple[np.ndarray, str]:
    """A NIfTI map in MNI space, (nx, ny, nz) float32 and 0 outside the brain, and how it came to the study's grid.

    polarity : 1 if its high values are evidence of disease or of less grey matter, as in the study's own maps; -1 if
    its low ones are, which turns it round. brain : (nx, ny, nz) bool. affine : as in read_on_grid. Raises UserError
    where read_on_grid does, or if the map is the same all over the brain.
    """
    data, note = read_on_grid(path, grid, brain, polarity=polarity, affine=affine)
    if data[brain].min() == data[brain].max():
        raise UserError(f"{path}: is {data[brain][0]:g} all over the brain; give a map that varies there")
    return np.where(brain, data, 0).astype(np.float32), note


def describe_external_map(name: str, path: str | Path, description: str, note: str) -> dict:
    """The entries of group.json, as in relmaps.relevance.group; description : what positive means, after turning."""
    semantics = MapSemantics(f"positive = {description}", "n/a", "n/a", "n/a", "as in the source")
    record = {"subjects": 0, "model": "n/a", "feature": "n/a", "source": Path(path).name, "note": note}
    return {"map": name} | semantics._asdict() | record
