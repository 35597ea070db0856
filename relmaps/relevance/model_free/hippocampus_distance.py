"""A baseline of prior knowledge alone: how near each voxel is to a hippocampus."""

import numpy as np
from scipy.spatial.distance import cdist

from relmaps.relevance.model_free.study import Combine, Study, fixed
from relmaps.space.ellipsoids import AFFECTED
from relmaps.space.grid import Grid

HIPPOCAMPUS = AFFECTED["hippocampus"][0]  # centre in mm, MNI, of the right side; the left mirrors it


def open_map(study: Study) -> Combine:
    return fixed(hippocampus_nearness(study.grid, study.brain))


def hippocampus_nearness(grid: Grid, brain: np.ndarray) -> np.ndarray:
    """(n_voxels,) float32 mm by which a voxel is nearer to the nearer hippocampus than the brain's farthest voxel is.

    brain : (nx, ny, nz) bool. Distances are those to a hippocampus' centre. Values are 0 or more, so that every
    map_transform of the sign keeps what is near highest.
    """
    centres = [np.multiply(HIPPOCAMPUS, (side, 1, 1)) for side in (-1, 1)]
    distance = cdist(grid.coordinates()[:, brain].T, centres).min(axis=1)
    return (distance.max() - distance).astype(np.float32)
