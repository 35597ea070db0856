"""What a metric of overlap is."""

from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np
from scipy.special import expit, logit

from relmaps.overlap.map_comparison import MapComparison

SMALLEST = 1e-4  # a share of 0 or 1 lies this far from the end on an unbounded scale


class Metric(ABC):
    """A measure of how well a map coincides with a reference.

    source : where it is defined. higher_is_better : its direction. bounds : lowest and highest
    value that it can take. unbounded, bounded : to a scale without bounds, on which intervals are built, and back; the
    logarithm of the odds for shares.
    """

    source: ClassVar[str]
    higher_is_better: ClassVar[bool] = True
    bounds: ClassVar[tuple[float, float]] = (0.0, 1.0)

    @abstractmethod
    def __call__(self, comparison: MapComparison) -> float:
        """The metric of a comparison; NaN where it has no value."""

    def unbounded(self, values: np.ndarray) -> np.ndarray:
        return logit(np.clip(values, SMALLEST, 1 - SMALLEST))

    def bounded(self, values: np.ndarray) -> np.ndarray:
        return expit(values)
