"""A reference: where grey matter is known or reported to be lost, as a map and as a mask, with how it was made."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from relmaps.files import read_json, write_json
from relmaps.images import Grid, read_mask, write_map


@dataclass(frozen=True, eq=False)
class Reference:
    """One reference on the study's grid.

    map : (nx, ny, nz) float32, higher where there is more evidence of loss. mask : (nx, ny, nz) bool, inside the brain;
    empty if nothing reaches the threshold. kind : meta_analysis or truth. source : what it was made from. units : of
    the map. threshold : value of the map from which the mask is taken, None if there is none. n_studies, n_foci : what
    went in, None if it was not made from foci. note : whatever a reader must know, such as why the mask is empty.
    """

    map: np.ndarray
    mask: np.ndarray
    kind: str
    source: str
    units: str
    threshold: float | None
    n_studies: int | None = None
    n_foci: int | None = None
    note: str = ""

    def write(self, map_path: str | Path, mask_path: str | Path, sidecar_path: str | Path, grid: Grid) -> None:
        write_map(self.map, map_path, grid)
        write_map(self.mask, mask_path, grid, dtype=np.uint8)
        write_json(
            {
                "kind": self.kind,
                "source": self.source,
                "space": grid.space,
                "units": self.units,
                "threshold": self.threshold,
                "mask_voxels": int(self.mask.sum()),
                "n_studies": self.n_studies,
                "n_foci": self.n_foci,
                "note": self.note,
            },
            sidecar_path,
        )


@dataclass(frozen=True, eq=False)
class ReferenceMask:
    """What scoring needs of a reference: its name, its mask (nx, ny, nz) bool, its kind and its threshold."""

    name: str
    mask: np.ndarray
    kind: str
    threshold: float | None


def read_reference_mask(name: str, mask_path: str | Path, sidecar_path: str | Path, grid: Grid) -> ReferenceMask:
    sidecar = read_json(sidecar_path)
    return ReferenceMask(name, read_mask(mask_path, grid), sidecar["kind"], sidecar["threshold"])
