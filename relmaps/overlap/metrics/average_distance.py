"""Average symmetric distance."""

from relmaps.overlap.map_comparison import MapComparison
from relmaps.overlap.metrics.distance import Distance


class AverageDistance(Distance):
    """Mean distance in mm from kept voxels to the nearest of the reference, and back; the mean of the two.

    Kept are the map's highest voxels, as many as the reference has. Of equal values at the last place, each counts by
    its share on the way there, and all are there on the way back.
    """

    source = "Taha and Hanbury 2015, BMC Med Imaging 15:29 (average distance); mean of both ways, over voxels"

    def __call__(self, comparison: MapComparison) -> float:
        there = comparison.kept @ comparison.target.distances / comparison.kept.sum()
        return float((there + comparison.distances_to_kept.mean()) / 2)
