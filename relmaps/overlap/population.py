"""What a group map may look like without the noise of a finite number of subjects.

Overlap falls with noise, so the score of a noisy map is not the score of the map that ever more subjects would give.
Taking the noise away voxel by voxel is not possible, but a map that is as rough, as large and as strongly tied to the
reference as the noise-free map is enough to learn what the noise costs: a constrained empirical Bayes estimate, which
shrinks values to the variance that is left when the variance of the noise is taken away, and not further (Louis 1984, J
Am Stat Assoc 79:393; Ghosh 1992, J Am Stat Assoc 87:533). It is done in bands of spatial frequency, since noise and
signal differ in smoothness, and apart inside and outside the reference, whose means are kept: they make the overlap.
"""

from itertools import pairwise

import numpy as np

from relmaps.overlap.map_transform import MapTransform
from relmaps.overlap.scoring_space import ScoringSpace

BANDS_MM = (8, 16, 32)  # FWHM between the bands


class Shrinkage:
    """Turns noisy maps into maps whose spread is that of the map without noise.

    inside : (n_voxels,) bool, the reference. The noise's power is learnt from samples of the group map's noise.
    """

    def __init__(self, scoring_space: ScoringSpace, inside: np.ndarray):
        self._blurs = [MapTransform(scoring_space.brain, scoring_space.grid.voxel_mm, "signed", mm) for mm in BANDS_MM]
        self._groups = [inside, ~inside]
        self._power, self._learnt = np.zeros((len(BANDS_MM) + 1, len(self._groups))), 0

    def learn(self, noise: np.ndarray) -> None:
        """noise : (n_bootstrap, n_voxels); several blocks teach the same as one."""
        bands = self._bands(noise)
        self._power += [
            [band[:, group].var(axis=1, dtype=np.float64).sum() for group in self._groups] for band in bands
        ]
        self._learnt += len(noise)

    def __call__(self, maps: np.ndarray) -> np.ndarray:
        """(n_maps, n_voxels) float32 -> the same."""
        shrunk = np.zeros(maps.shape, dtype=np.float32)
        for band, powers in zip(self._bands(maps), self._power / self._learnt, strict=True):
            for group, power in zip(self._groups, powers, strict=True):
                mean = band[:, group].mean(axis=1, keepdims=True, dtype=np.float64)
                rest = band[:, group] - mean
                total = rest.var(axis=1, keepdims=True)
                left = np.maximum(0, 1 - power / np.where(total > 0, total, np.inf))
                shrunk[:, group] += mean + np.sqrt(left) * rest
        return shrunk

    def _bands(self, maps: np.ndarray) -> list[np.ndarray]:
        """Maps (n_maps, n_voxels) whose sum is `maps`: from the roughest to what is left after the widest blur."""
        smooth = [maps, *(blur(maps) for blur in self._blurs)]
        return [finer - coarser for finer, coarser in pairwise(smooth)] + [smooth[-1]]
