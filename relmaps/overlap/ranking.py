"""One descending ranking of a map's voxels, from which every metric against every reference follows.

Which of several equal values comes first is not known. So the ranking is read only at the ends of runs of equal values;
in between, the hits expected over all orders of the run lie on a straight line.
"""

from dataclasses import dataclass

import numpy as np


class Ranking:
    """Voxels of one map in descending order.

    values : (n_voxels,) finite; the highest come first.
    """

    def __init__(self, values: np.ndarray):
        if not np.isfinite(values).all():
            raise ValueError("a map with NaN or infinite values cannot be ranked")
        self._order = np.argsort(-values)
        ordered = values[self._order]
        self._kept = np.append(np.flatnonzero(ordered[1:] != ordered[:-1]) + 1, len(values))

    def against(self, reference: np.ndarray) -> "Curve":
        """The curve against a reference, (n_voxels,) bool."""
        return Curve(self._kept, np.cumsum(reference[self._order])[self._kept - 1])


@dataclass(frozen=True, eq=False)
class Curve:
    """How many voxels of a reference are hit when only the highest voxels of a map are kept.

    kept : (n_levels,) rising number of voxels kept, one entry per distinct value of the map, the last is all voxels.
    hits : (n_levels,) how many of them lie in the reference.
    """

    kept: np.ndarray
    hits: np.ndarray

    @property
    def n_voxels(self) -> int:
        return int(self.kept[-1])

    @property
    def reference_voxels(self) -> int:
        return int(self.hits[-1])

    @property
    def defined(self) -> bool:
        """False where the reference holds no voxel or all of them, so that there is nothing to tell apart."""
        return 0 < self.reference_voxels < self.n_voxels

    def hits_at(self, kept: np.ndarray | float) -> np.ndarray:
        """Expected hits among the first `kept` voxels."""
        return np.interp(kept, np.append(0, self.kept), np.append(0, self.hits))

    def dice_at(self, kept: np.ndarray | float) -> np.ndarray:
        """Dice coefficient of the first `kept` voxels and the reference: 2 |A and B| / (|A| + |B|)."""
        return 2 * self.hits_at(kept) / (kept + self.reference_voxels)

    def rates(self) -> tuple[np.ndarray, np.ndarray]:
        """False and true positive rates, (n_levels + 1,) each, starting at 0."""
        true_positive = self.hits / self.reference_voxels
        false_positive = (self.kept - self.hits) / (self.n_voxels - self.reference_voxels)
        return np.append(0, false_positive), np.append(0, true_positive)
