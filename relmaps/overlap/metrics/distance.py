"""What metrics in millimetres have in common."""

import numpy as np

from relmaps.overlap.metrics.metric import Metric

SHORTEST_MM = 1e-2  # a distance of 0 is taken for this on the unbounded scale


class Distance(Metric):
    """A distance in mm, lower is better; its unbounded scale is the logarithm."""

    higher_is_better = False
    bounds = (0.0, np.inf)

    def unbounded(self, values: np.ndarray) -> np.ndarray:
        return np.log(np.maximum(values, SHORTEST_MM))

    def bounded(self, values: np.ndarray) -> np.ndarray:
        return np.exp(values)
