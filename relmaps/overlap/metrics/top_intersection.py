"""Top-k intersection."""

from relmaps.overlap.map_comparison import MapComparison
from relmaps.overlap.metrics.metric import Metric

TOP_SHARE = 0.01  # ASSUME: k is one voxel in a hundred; of any voxel size the same volume


class TopIntersection(Metric):
    """Share of the map's highest 1 % of scored voxels that lies in the reference.

    Unlike Dice at matched size it asks where the very peaks are, whatever the reference's size; a reference of fewer
    voxels than these cannot be met in full.
    """

    source = "Theiner, Müller-Budack and Ewerth 2022, WACV, 1463; as in Quantus"

    def __call__(self, comparison: MapComparison) -> float:
        k = max(1.0, TOP_SHARE * comparison.curve.n_voxels)
        return float(comparison.curve.hits_at(k) / k)
