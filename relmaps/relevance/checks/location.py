"""Where relevance lies: in which tissue, at the brain's edge, or outside of it."""

import numpy as np
import pandas as pd
from scipy.ndimage import distance_transform_edt

# ASSUME: this far from the brain mask's border, but at least its outermost voxels, what a map shows may be the mask's
# outline or how well a scan's brain was cut out; the edge takes precedence over the tissue that lies there.
EDGE_MM = 5
TISSUES = ("gm", "wm", "csf", "edge")


def label_tissues(
    brain: np.ndarray, gm: np.ndarray, wm: np.ndarray, csf: np.ndarray, voxel_mm: np.ndarray
) -> np.ndarray:
    """(n_voxels,) for each voxel of the brain, which of TISSUES it is: the edge, or else the most probable.

    brain : (nx, ny, nz) bool. gm, wm, csf : (nx, ny, nz) probabilities. Where none is above the others it is fluid.
    """
    order = ("csf", "gm", "wm")  # the first of equals is taken
    probable = np.array(order)[np.argmax([volume[brain] for volume in (csf, gm, wm)], axis=0)]
    depth = distance_transform_edt(np.pad(brain, 1), sampling=voxel_mm)[1:-1, 1:-1, 1:-1][brain]
    return np.where(depth <= max(EDGE_MM, *voxel_mm), "edge", probable)


def location_rows(values: np.ndarray, tissues: np.ndarray, brain: np.ndarray, outside: float) -> pd.DataFrame:
    """Where a group map lies: tissue, share of its absolute values in the brain, and the tissue's share of the volume.

    values, tissues : (n_voxels,). brain : (nx, ny, nz) bool. outside : what stands in the last row, the share of the
    subjects' maps that lay outside the brain before they were cut off there, beside its share of the grid; NaN if the
    map was never defined there.
    """
    absolute = np.abs(values).astype(np.float64)
    rows = [(tissue, absolute[tissues == tissue].sum(), np.mean(tissues == tissue)) for tissue in TISSUES]
    table = pd.DataFrame(rows, columns=["tissue", "share", "volume_share"])
    table["share"] /= absolute.sum() or np.nan
    table.loc[len(table)] = ["outside", outside, 1 - brain.mean()]
    return table
