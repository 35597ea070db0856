"""A ready-made map, such as a published meta-analysis, as a reference."""

from pathlib import Path

import numpy as np

from relmaps.io.errors import UserError
from relmaps.reference.reference import Reference, Thresholded
from relmaps.space.grid import Grid
from relmaps.space.resample import read_on_grid

LARGEST_SHARE = 0.5  # ASSUME: no disease takes half of the brain; a larger mask is the complement of one
PERCENTILES = (90, 95, 99)  # ASSUME: what a map of unknown units can be thresholded at without knowing them


def nifti_reference(path: str | Path, settings: dict, grid: Grid, brain: np.ndarray, kind: str) -> Reference:
    """A NIfTI map in MNI space and where it is at least the threshold, on the study's grid.

    Its other thresholds are percentiles of its values in the brain. settings : threshold, above 0; polarity and affine
    as in read_on_grid. brain : (nx, ny, nz) bool. Raises UserError where read_on_grid does, or if the threshold keeps
    nothing or more than half of the brain.
    """
    threshold = settings["threshold"]
    data, note = read_on_grid(path, grid, brain, polarity=settings["polarity"], affine=settings["affine"])
    mask = brain & (data >= threshold)
    share = mask.sum() / brain.sum()
    if not 0 < share <= LARGEST_SHARE:
        turned = " after turning" if settings["polarity"] < 0 else ""
        raise UserError(
            f"{path}: {100 * share:.0f} % of the brain's voxels are at least {threshold:g} (values there run from "
            f"{data[brain].min():g} to {data[brain].max():g}{turned}), but a mask holds some and at most half of them; "
            "change `threshold` or `polarity` of this reference"
        )
    thresholds = [Thresholded(f"value_{threshold:g}", mask, threshold, f"values of at least {threshold:g}")]
    for percentile in PERCENTILES:
        value = float(np.percentile(data[brain], percentile))
        meaning = f"values above the {percentile}th percentile of the brain"
        thresholds.append(Thresholded(f"percentile_{percentile}", brain & (data > value), value, meaning))
    return Reference(data, mask, kind, str(path), "as in the source", threshold, note=note, thresholds=thresholds)
