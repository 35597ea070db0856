"""A reference as the scored voxels see it."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from scipy import ndimage
from scipy.spatial import KDTree

from relmaps.space.grid import Grid

NEIGHBOURS = np.ones((3, 3, 3))  # voxels that share a corner touch
N_STRATA = 10  # ASSUME: voxels whose grey matter probabilities differ by less than a tenth are alike in tissue


@dataclass(frozen=True, eq=False)
class Target:
    """A reference among the scored voxels, which are n.

    inside : (n,) bool, its mask. positions : (n, 3) mm. clusters : (n,) int, 1, 2, ... for the connected parts of the
    mask, 0 outside. evidence : (n,) float32, its unthresholded map, or None. strata : (n,) uint8 of tissue_strata, or
    None.
    """

    inside: np.ndarray
    positions: np.ndarray
    clusters: np.ndarray
    evidence: np.ndarray | None = None
    strata: np.ndarray | None = None

    @cached_property
    def size(self) -> int:
        return int(self.inside.sum())

    @property
    def defined(self) -> bool:
        """False where the mask holds no voxel or all of them, so that there is nothing to tell apart."""
        return 0 < self.size < len(self.inside)

    @cached_property
    def centre(self) -> np.ndarray:
        """(3,) mm."""
        return self.positions[self.inside].mean(axis=0)

    @cached_property
    def distances(self) -> np.ndarray:
        """(n,) mm from each voxel to the nearest of the mask."""
        return KDTree(self.positions[self.inside]).query(self.positions)[0]

    @cached_property
    def evidence_ranks(self) -> np.ndarray | None:
        """(n,) centred ranks of the evidence; None without it or where it is the same everywhere."""
        if self.evidence is None or np.ptp(self.evidence) == 0:
            return None
        ranks = pd.Series(self.evidence).rank().to_numpy()
        return ranks - ranks.mean()


def tissue_strata(gm_probability: np.ndarray) -> np.ndarray:
    """(n,) uint8, 0 to N_STRATA - 1: bins of equal width of the grey matter probability, (n,) in 0 to 1."""
    return np.clip(N_STRATA * gm_probability, 0, N_STRATA - 1).astype(np.uint8)


def target_of(
    mask: np.ndarray,
    scored: np.ndarray,
    grid: Grid,
    evidence: np.ndarray | None = None,
    strata: np.ndarray | None = None,
) -> Target:
    """mask, scored : (nx, ny, nz) bool. evidence : (nx, ny, nz). strata : (n,) of the scored voxels.

    Clusters are those of the mask's scored part.
    """
    clusters, _ = ndimage.label(mask & scored, NEIGHBOURS)
    positions = grid.coordinates()[:, scored].T
    return Target(mask[scored], positions, clusters[scored], None if evidence is None else evidence[scored], strata)
