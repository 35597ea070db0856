"""A ready-made map, such as a published meta-analysis, as a reference."""

from pathlib import Path

import numpy as np

from relmaps.io.errors import UserError
from relmaps.reference.reference import Reference, Thresholded
from relmaps.space.grid import Grid
from relmaps.space.resample import read_on_grid

PERCENTILES = (90, 95, 99)  # ASSUME: what a map of unknown units can be thresholded at without knowing them


def nifti_reference(path: str | Path, settings: dict, grid: Grid, brain: np.ndarray, kind: str) -> Reference:
    """A NIfTI map in MNI space and where it is at least the threshold, on the study's grid.

    Its other thresholds are percentiles of its values in the brain. settings : threshold. brain :
    (nx, ny, nz) bool. Raises UserError where read_on_grid does, or if the threshold keeps nothing or all.
    """
    threshold = settings["threshold"]
    data, note = read_on_grid(path, grid, brain)
    mask = brain & (data >= threshold)
    if not 0 < mask.sum() < brain.sum():
        what = "no voxel" if not mask.any() else "every voxel"
        raise UserError(
            f"{path}: {what} of the brain is at least {threshold:g} (values there run from {data[brain].min():g} to "
            f"{data[brain].max():g}); change the `threshold` of this reference"
        )
    thresholds = [Thresholded(f"value_{threshold:g}", mask, threshold, f"values of at least {threshold:g}")]
    for percentile in PERCENTILES:
        value = float(np.percentile(data[brain], percentile))
        meaning = f"values above the {percentile}th percentile of the brain"
        thresholds.append(Thresholded(f"percentile_{percentile}", brain & (data > value), value, meaning))
    return Reference(data, mask, kind, str(path), "as in the source", threshold, note=note, thresholds=thresholds)
