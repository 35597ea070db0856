"""Highest Dice coefficient over all sizes."""

from relmaps.overlap.map_comparison import MapComparison
from relmaps.overlap.metrics.metric import Metric


class DiceMax(Metric):
    """Dice coefficient of the reference and the map's highest voxels, at the fraction kept where it is largest.

    Optimistic, because the threshold is chosen with the reference in hand. Between two levels the coefficient is
    monotone, so its maximum lies at a level.
    """

    source = "Dice 1945, Ecology 26:297; maximum over thresholds"

    def __call__(self, comparison: MapComparison) -> float:
        curve = comparison.curve
        return float((2 * curve.hits / (curve.kept + curve.reference_voxels)).max())
