"""95 % Hausdorff distance."""

import numpy as np

from relmaps.overlap.map_comparison import MapComparison
from relmaps.overlap.metrics.distance import Distance

PERCENTILE = 95


class Hausdorff(Distance):
    """The larger of two 95th percentiles, in mm: from voxels of the reference to the nearest kept voxel, and back.

    Kept are the map's highest voxels, as many as the reference has; of equal values at the last place, all.
    """

    source = (
        "Huttenlocher, Klanderman and Rucklidge 1993, IEEE Trans PAMI 15:850; percentile as in Taha and Hanbury 2015"
    )

    def __call__(self, comparison: MapComparison) -> float:
        there, back = comparison.target.distances[comparison.kept > 0], comparison.distances_to_kept
        return float(max(np.percentile(there, PERCENTILE), np.percentile(back, PERCENTILE)))
