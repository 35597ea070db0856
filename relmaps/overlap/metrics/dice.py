"""Dice coefficient at matched size."""

from relmaps.overlap.metrics.metric import Metric
from relmaps.overlap.ranking import Curve


class Dice(Metric):
    """Dice coefficient of the reference and as many of the map's highest voxels as the reference has.

    At this size it equals precision and recall, and no threshold of the map needs to be chosen.
    """

    name = "dice"
    source = "Dice 1945, Ecology 26:297"
    higher_is_better = True
    bounds = (0.0, 1.0)

    def __call__(self, curve: Curve) -> float:
        return float(curve.dice_at(curve.reference_voxels))
