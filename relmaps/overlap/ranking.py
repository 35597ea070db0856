"""One descending ranking of a map's voxels, from which every metric against every reference follows.

Which of several equal values comes first is not known. So the ranking is read only at the ends of runs of equal values;
in between, the hits expected over all orders of the run lie on a straight line.
"""

from dataclasses import dataclass

import numpy as np

# Below this many voxels, sorting takes milliseconds, and bins would hold too many of a reference's voxels.
FEWEST_TO_BIN = 2**18
# Of the voxels, in one bin: what can go wrong within bins is then less than 5e-4 of an AUC (see binned).
LARGEST_BIN = 1e-3


class Ranking:
    """Voxels of one map in descending order, sorted.

    values : (n_voxels,) finite; the highest come first. kept : (n_levels,) rising number of voxels with at least the
    value of each level; a level is a distinct value.
    """

    def __init__(self, values: np.ndarray):
        if not np.isfinite(values).all():
            raise ValueError("a map with NaN or infinite values cannot be ranked")
        self._values, self._order = values, np.argsort(-values)
        ordered = values[self._order]
        self.kept = np.append(np.flatnonzero(ordered[1:] != ordered[:-1]) + 1, len(values))
        self._levels = ordered[self.kept - 1]

    def against(self, reference: np.ndarray) -> "Curve":
        """The curve against a reference, (n_voxels,) bool."""
        return Curve(self.kept, np.cumsum(reference[self._order])[self.kept - 1])

    def places(self) -> np.ndarray:
        """(n_voxels,) place of each voxel from the highest, 1; equal values share their mean place."""
        counts = np.diff(self.kept, prepend=0)
        places = np.empty(len(self._order))
        places[self._order] = np.repeat(self.kept - (counts - 1) / 2, counts)
        return places

    def places_within(self, strata: np.ndarray) -> np.ndarray:
        """(n_voxels,) place of each voxel from the highest of its own stratum, 1; equal values share their mean place.

        strata : (n_voxels,) uint8. Nothing is sorted again: the order is dealt out to the strata.
        """
        order = self._order[np.argsort(strata[self._order], kind="stable")]
        values, sizes = self._values[order], np.bincount(strata)
        stops = np.cumsum(sizes)
        last = np.append(values[1:] != values[:-1], True)
        last[stops[sizes > 0] - 1] = True
        ends = np.flatnonzero(last) + 1
        counts = np.diff(ends, prepend=0)
        places = np.empty(len(order))
        places[order] = np.repeat(ends - (counts - 1) / 2, counts) - np.repeat(stops - sizes, sizes)
        return places

    def first(self, size: int) -> np.ndarray:
        """(n_voxels,) float32: 1 for the `size` highest voxels, 0 for others; equal ones share the last places."""
        place = np.searchsorted(self.kept, size)
        level = self._levels[place]
        above = self.kept[place - 1] if place else 0
        share = (size - above) / (self.kept[place] - above)
        return (self._values > level) + np.float32(share) * (self._values == level)


class BinnedRanking(Ranking):
    """Voxels of one map in descending order of bins, counted in one pass without sorting.

    codes : (n_voxels,) whole numbers >= 0 that rise with the values; values of one bin count as equal.
    """

    def __init__(self, codes: np.ndarray):
        self._values, counts = codes, np.bincount(codes)
        self._levels = np.flatnonzero(counts)[::-1]
        self.kept = np.cumsum(counts[self._levels])

    def places(self) -> np.ndarray:
        of_code = np.zeros(self._levels[0] + 1)
        of_code[self._levels] = self.kept - (np.diff(self.kept, prepend=0) - 1) / 2
        return of_code[self._values]

    def places_within(self, strata: np.ndarray) -> np.ndarray:
        of_code = np.zeros(self._levels[0] + 1, dtype=np.intp)
        of_code[self._levels] = np.arange(len(self._levels))
        cells = strata.astype(np.intp) * len(self._levels) + of_code[self._values]
        n_strata = int(strata.max()) + 1
        counts = np.bincount(cells, minlength=n_strata * len(self._levels)).reshape(n_strata, -1)
        return (counts.cumsum(axis=1) - (counts - 1) / 2).ravel()[cells]

    def against(self, reference: np.ndarray) -> "Curve":
        hits = np.bincount(self._values[reference], minlength=self._levels[0] + 1)
        return Curve(self.kept, np.cumsum(hits[self._levels]))


def rank(values: np.ndarray) -> Ranking:
    """The ranking of (n_voxels,) float32 values, in the faster way that is exact enough.

    Large maps are binned by the leading bits of their numbers: 2048 bins between a value and its double where none is
    negative, 1024 where some are. An AUC is then wrong by at most half the share of the largest bin; where that share
    is above LARGEST_BIN, values are sorted after all. Values of exactly 0 are equal and not merely in one bin. Within a
    stratum, what counts is the largest bin's share of that stratum.
    """
    if len(values) < FEWEST_TO_BIN:
        return Ranking(values)
    if not np.isfinite(values).all():
        raise ValueError("a map with NaN or infinite values cannot be ranked")
    bits = (values.astype(np.float32) + np.float32(0)).view(np.int32)  # + 0 turns -0 to 0
    if values.min() >= 0:
        codes, zero = bits >> 12, 0
    else:  # the bits of negative numbers fall as the numbers rise
        codes, zero = ((bits ^ ((bits >> 31) & 0x7FFFFFFF)) >> 13) + 2**18, 2**18
    counts = np.bincount(codes)
    counts[zero] = 0
    return BinnedRanking(codes) if counts.max() <= LARGEST_BIN * len(values) else Ranking(values)


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
