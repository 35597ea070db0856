"""A reference: where grey matter is known or reported to be lost, as a map and as masks, with how it was made."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from relmaps.io.errors import UserError
from relmaps.io.files import read_json, replacing, write_json
from relmaps.io.images import read_mask, write_map
from relmaps.space.grid import Grid


@dataclass(frozen=True, eq=False)
class Thresholded:
    """A reference's mask at one of its thresholds.

    label : short name, unique within a reference, such as fdr_0.05. mask : (nx, ny, nz) bool, inside the brain; may be
    empty. threshold : value of the map from which the mask is taken, None if nothing reaches it. meaning : of the
    label, in words.
    """

    label: str
    mask: np.ndarray
    threshold: float | None
    meaning: str


@dataclass(frozen=True, eq=False)
class Reference:
    """One reference on the study's grid.

    map : (nx, ny, nz) float32, higher where there is more evidence of loss. mask : (nx, ny, nz) bool, inside the brain;
    empty if nothing reaches the threshold. kind : meta_analysis, text_mined or truth. source : what it was made from.
    units : of the map. threshold : value of the map from which the mask is taken, None if there is none. n_studies,
    n_foci : what went in, None if it was not made from foci. note : whatever a reader must know, such as why the mask
    is empty. label : what it must be called wherever it is shown, such as that its foci are too few. thresholds :
    all of its thresholds, the first of which is that of `mask`.
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
    label: str = ""
    thresholds: Sequence[Thresholded] = ()

    def write(
        self,
        map_path: str | Path,
        mask_path: str | Path,
        sidecar_path: str | Path,
        grid: Grid,
        thresholds_path: str | Path | None = None,
    ) -> None:
        """thresholds_path : .npz with one bool array (nx, ny, nz) per threshold, by its label; for read_thresholds."""
        write_map(self.map, map_path, grid)
        write_map(self.mask, mask_path, grid, dtype=np.uint8)
        if thresholds_path is not None:
            with replacing(thresholds_path) as temporary:
                np.savez_compressed(
                    temporary, **{thresholded.label: thresholded.mask for thresholded in self.thresholds}
                )
        write_json(
            {
                "kind": self.kind,
                "label": self.label,
                "source": self.source,
                "space": grid.space,
                "units": self.units,
                "threshold": self.threshold,
                "mask_voxels": int(self.mask.sum()),
                "n_studies": self.n_studies,
                "n_foci": self.n_foci,
                "note": self.note,
                "thresholds": {
                    thresholded.label: {
                        "threshold": thresholded.threshold,
                        "mask_voxels": int(thresholded.mask.sum()),
                        "meaning": thresholded.meaning,
                    }
                    for thresholded in self.thresholds
                },
            },
            sidecar_path,
        )


@dataclass(frozen=True, eq=False)
class ReferenceMask:
    """What scoring needs of a reference: its name, its mask (nx, ny, nz) bool, its kind and its threshold.

    label : of the threshold, such as fdr_0.05.
    """

    name: str
    mask: np.ndarray
    kind: str
    threshold: float | None
    label: str = "n/a"


def read_reference_mask(name: str, mask_path: str | Path, sidecar_path: str | Path, grid: Grid) -> ReferenceMask:
    sidecar = read_json(sidecar_path)
    label = next(iter(sidecar.get("thresholds", {})), "n/a")  # the primary analysis's comes first
    return ReferenceMask(name, read_mask(mask_path, grid), sidecar["kind"], sidecar["threshold"], label)


def read_thresholds(thresholds_path: str | Path, sidecar_path: str | Path, grid: Grid) -> list[Thresholded]:
    """A reference's thresholds, the primary analysis's first. UserError if the masks are not on the study's grid."""
    thresholds = []
    with np.load(thresholds_path, allow_pickle=False) as masks:
        for label, entry in read_json(sidecar_path)["thresholds"].items():
            if masks[label].shape != tuple(grid.shape):
                raise UserError(
                    f"{thresholds_path}: mask {masks[label].shape} is not on the study's grid {tuple(grid.shape)}; "
                    "delete it and rerun the reference stage"
                )
            thresholds.append(Thresholded(label, masks[label], entry["threshold"], entry["meaning"]))
    return thresholds
