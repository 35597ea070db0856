"""Finished models on an external cohort: scans that must be new, and linear scores."""

from pathlib import Path

import numpy as np
import pandas as pd

from relmaps.io.errors import UserError
from relmaps.io.images import load_grid, read_mask


def check_unseen(
    scans: pd.DataFrame, finished_scans: pd.DataFrame, mask: str | Path, finished_mask: str | Path, space: str
) -> None:
    """Raises UserError if a scan was among those of the finished study, used or not, or if the grids differ.

    scans, finished_scans : scans.tsv, whose hashes of the raw files are compared. mask, finished_mask : brain masks.
    """
    seen = scans.loc[scans["sha256"].isin(finished_scans["sha256"].dropna()), "scan_id"]
    if len(seen):
        raise UserError(
            f"{len(seen)} scan(s) were already in the study that trained the models ({', '.join(seen[:5])}); "
            "leave them out with cohort.exclusion_list"
        )
    ours, theirs = load_grid(mask, space), load_grid(finished_mask, space)
    if (
        ours.shape != theirs.shape
        or not np.allclose(ours.affine, theirs.affine, atol=1e-4)
        or not np.array_equal(read_mask(mask, ours), read_mask(finished_mask, theirs))
    ):
        raise UserError(f"{mask}: not the template that the models were trained in; set preprocess.template as there")


def linear_scores(
    weights: np.ndarray, intercept: float, trained_on: np.ndarray, train: np.ndarray, images: np.ndarray
) -> np.ndarray:
    """(n,) decision values w'(x - m) + intercept of a linear model.

    weights : (nx, ny, nz) w per unit of the feature. trained_on : (n_subjects, nx, ny, nz) the array of its study, and
    train : its training subjects there, whose mean image is m. images : (n, nx, ny, nz). Both may be memory-mapped.
    """
    flat = weights.ravel().astype(np.float64)
    offset = np.mean([flat @ trained_on[row].ravel() for row in train])
    return np.array([flat @ image.ravel() for image in images]) - offset + intercept
