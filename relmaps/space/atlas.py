"""Named regions of the brain: an atlas of the user's, one that nilearn fetches, or ellipsoids at stated coordinates."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from relmaps.io.errors import UserError
from relmaps.io.text_tables import read_text_table
from relmaps.space.ellipsoids import AFFECTED, SPARED, stated_regions
from relmaps.space.grid import Grid
from relmaps.space.regions import atlas_regions

ELSEWHERE = "elsewhere"  # voxels in no region
PREFIX = "nilearn:"
# ASSUME: atlases of other MNI templates are taken as they are; they are off by a few mm.
FETCHED: dict[str, tuple[str, dict]] = {  # function of nilearn.datasets, and its settings
    "aal": ("fetch_atlas_aal", {}),
    "destrieux_2009": ("fetch_atlas_destrieux_2009", {}),
    "harvard_oxford_cortical": ("fetch_atlas_harvard_oxford", {"atlas_name": "cortl-maxprob-thr25-1mm"}),
    "harvard_oxford_subcortical": ("fetch_atlas_harvard_oxford", {"atlas_name": "sub-maxprob-thr25-1mm"}),
    "schaefer_2018": ("fetch_atlas_schaefer_2018", {"n_rois": 100}),
}


@dataclass(frozen=True, eq=False)
class Atlas:
    """names : of the regions, the first is ELSEWHERE. numbers : (nx, ny, nz) int, position of each voxel's name."""

    names: list[str]
    numbers: np.ndarray


def open_atlas(image: str | None, labels: str | None, grid: Grid) -> Atlas:
    """The regions on the study's grid, each voxel with the nearest label of the atlas.

    image : path of a NIfTI of whole numbers in the study's space, on any grid, 0 for none; "nilearn:" and a key of
    FETCHED; or None for the stated ellipsoids. labels : with a path alone, a TSV with columns index and name, as BIDS
    calls *_dseg.tsv.
    Raises UserError if the two do not go together or name the same label or region twice, if an atlas cannot be
    fetched, or if no region lies in the grid.
    """
    if labels and (image is None or image.startswith(PREFIX)):
        raise UserError(
            "config: overlap.atlas.labels belongs to an image of your own; set it to null or give its image"
        )
    if image is None:
        names = [f"{side} {name}" for name in AFFECTED | SPARED for side in ("right", "left")]
        return Atlas([ELSEWHERE, *names], stated_regions(grid))
    if image.startswith(PREFIX):
        path, table = _fetched(image)
        return _named(atlas_regions(path, grid), table, image, image)
    if not labels:
        raise UserError(
            f"config: overlap.atlas.labels is missing; name a table with index and name of {image}'s labels"
        )
    table = read_text_table(labels, ("index", "name"))
    return _named(atlas_regions(image, grid), table, image, labels)


def _fetched(image: str) -> tuple[str, pd.DataFrame]:
    """Path of an atlas that nilearn downloads, or has downloaded before, and its table of labels."""
    name = image.removeprefix(PREFIX)
    if name not in FETCHED:
        raise UserError(f"config: overlap.atlas.image: {image} is unknown; use {PREFIX} and {', '.join(FETCHED)}")
    from nilearn import datasets  # not above: it takes a second, and few studies fetch an atlas

    fetch, settings = FETCHED[name]
    try:
        atlas = getattr(datasets, fetch)(**settings, verbose=0)
    except OSError as error:  # requests' errors among them
        raise UserError(
            f"config: overlap.atlas.image: {image} could not be fetched ({type(error).__name__}); go online once, or "
            "give an image and labels of your own"
        ) from None
    return str(atlas.get("filename", atlas.maps)), atlas.lut


def _named(numbers: np.ndarray, table: pd.DataFrame, image: str, labels: str) -> Atlas:
    index = pd.to_numeric(table["index"], errors="coerce")
    if (index % 1 != 0).any() or (index < 0).any():  # of what is no number, the remainder is NaN
        raise UserError(
            f"{labels}: column index has values that are no whole numbers from 0 on; give the image's labels"
        )
    table = table.assign(index=index.astype(int))[index > 0]
    for column in ("index", "name"):
        twice = table.loc[table[column].duplicated(), column]
        if len(twice):
            raise UserError(f"{labels}: {column} {twice.iloc[0]} stands there twice; give each region a row of its own")
    found = np.unique(numbers[numbers > 0])
    if not found.size:
        raise UserError(f"{image}: no region lies in the study's template; check the image's space")
    unnamed = np.setdiff1d(found, table.loc[table["name"].notna(), "index"])
    if unnamed.size:
        others = f" and {unnamed.size - 1} more" if unnamed.size > 1 else ""
        raise UserError(f"{labels}: label {unnamed[0]}{others} of {image} has no name; add a row for it")
    table = table.dropna(subset="name")
    positions = np.zeros(max(found.max(), table["index"].max()) + 1, dtype=int)
    positions[table["index"]] = np.arange(1, len(table) + 1)
    return Atlas([ELSEWHERE, *table["name"].astype(str)], positions[numbers])
