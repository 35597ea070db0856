"""Distance of the centres of mass."""

import numpy as np

from relmaps.overlap.map_comparison import MapComparison
from relmaps.overlap.metrics.distance import Distance


class CentreDistance(Distance):
    """Distance in mm between the centre of mass of the reference and that of as many of the map's highest voxels.

    Two sides that mirror each other have their centre in the midline, so a small distance alone says little.
    """

    source = "Maier-Hein et al. 2024, Nat Methods 21:195 (centre distance)"

    def __call__(self, comparison: MapComparison) -> float:
        centre = comparison.kept @ comparison.target.positions / comparison.kept.sum()
        return float(np.linalg.norm(centre - comparison.target.centre))
