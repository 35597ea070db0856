"""A map held against one reference: all that a metric may look at."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.spatial import KDTree

from relmaps.overlap.ranking import Curve, Ranking
from relmaps.overlap.target import Target


@dataclass(frozen=True, eq=False)
class MapComparison:
    """values : (n,) float32 of the scored voxels, after its transform. ranking : of the values. target : defined."""

    values: np.ndarray
    ranking: Ranking
    target: Target

    @cached_property
    def curve(self) -> Curve:
        return self.ranking.against(self.target.inside)

    @cached_property
    def kept(self) -> np.ndarray:
        """(n,) in 0 to 1: how surely each voxel is among as many highest voxels as the reference has."""
        return self.ranking.first(self.target.size)

    @cached_property
    def distances_to_kept(self) -> np.ndarray:
        """(n_reference,) mm from each voxel of the reference to the nearest kept one.

        Of equal values at the last place, all are kept.
        """
        kept, inside = self.kept > 0, self.target.inside
        return KDTree(self.target.positions[kept]).query(self.target.positions[inside])[0]
