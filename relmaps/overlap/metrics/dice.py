"""Dice coefficient at matched size."""

from relmaps.overlap.map_comparison import MapComparison
from relmaps.overlap.metrics.metric import Metric


class Dice(Metric):
    """Dice coefficient of the reference and as many of the map's highest voxels as the reference has.

    At this size it equals precision, recall and relevance rank accuracy (Arras, Osman and Samek 2022, Inf Fusion 81:14,
    Eq. 14), and no threshold of the map needs to be chosen.
    """

    source = "Dice 1945, Ecology 26:297"

    def __call__(self, comparison: MapComparison) -> float:
        return float(comparison.curve.dice_at(comparison.target.size))
