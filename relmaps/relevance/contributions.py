"""What each voxel of a held-out scan contributes to a linear model's decision: the counterpart of gradient x input.

With the weights w and the mean image m of the scans that trained it, the decision value of a scan x is w'(x - m) + b.
The contribution of voxel v is w_v (x_v - m_v), so a map adds up to the decision value of x minus that of m, which is b.
This is at once gradient x input and integrated gradients from m to x (Sundararajan et al. 2017, ICML, Eq. 1). A
network's input is centred by its training part, too, so its maps start from the same image.
"""

from collections.abc import Iterator

import numpy as np

from relmaps.relevance.fold_maps import Explained
from relmaps.relevance.targets import make_signs

BATCH_BYTES = 64 * 2**20  # of maps held at once


def mean_in_brain(images: np.ndarray, rows: np.ndarray, brain: np.ndarray) -> np.ndarray:
    """(n_voxels,) float64 mean of some subjects. images : (n_subjects, nx, ny, nz), may be memory-mapped."""
    total = np.zeros(np.count_nonzero(brain))
    for row in rows:
        total += images[row][brain]
    return total / len(rows)


def explain_linear(
    weights: np.ndarray,
    mean: np.ndarray,
    images: np.ndarray,
    brain: np.ndarray,
    rows: np.ndarray,
    labels: np.ndarray,
    targets: list[str],
    scores: np.ndarray,
    intercept: float,
) -> Iterator[Explained]:
    """Contributions to a linear model's decision on some subjects, a few scans at a time.

    weights : (n_voxels,) w per unit of the feature, positive where more of it is evidence for disease. mean :
    (n_voxels,) of the training part. images : (n_subjects, nx, ny, nz), zero outside the brain (nx, ny, nz) bool.
    rows : (n,) subjects to explain. labels : (n,) of them. targets : keys of TARGETS. scores : (n,) their decision
    values, from which the completeness error follows; NaN where they are not known. intercept : b.
    """
    signs = np.array([make_signs(target, labels) for target in targets])
    expected = scores - intercept
    size = max(1, BATCH_BYTES // (4 * len(targets) * len(mean)))
    for start in range(0, len(rows), size):
        place = slice(start, min(start + size, len(rows)))
        maps = np.array([weights * (images[row][brain] - mean) for row in rows[place]])
        wanted = expected[place]
        missing = np.full(len(wanted), np.nan)
        error = np.abs(np.divide(maps.sum(axis=1) - wanted, wanted, out=missing, where=wanted != 0))
        signed = signs[:, place, None] * maps
        shape = signed.shape[:2]
        yield Explained(
            place,
            signed.astype(np.float32)[None],
            scores[None, place],
            np.broadcast_to(error, (1, *shape)),
            np.zeros((1, *shape)),  # the feature has no values outside the brain
        )
