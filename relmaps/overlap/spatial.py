"""The spatial null model: overlap of surrogate maps that are as smooth as a map and independent of any reference.

A map and a reference are both smooth, so that they coincide by chance far more often than independent voxels would. How
often follows from surrogate maps with the map's own smoothness, estimated from the map alone (as in Burt et al. 2020,
NeuroImage 220:117038, whose fields however are equally smooth everywhere):

1. The map's ranks are turned into normal scores, so that a few extreme voxels do not speak for all, and split into
   bands of spatial frequency. The power of each band, averaged over a window, is the map's local spectrum.
2. The local spectrum is explained as a mixture of the spectra of white noise and of noise blurred by Gaussians of
   several widths (Components): shares of each that are not negative and sum to 1 at every voxel. So a field has the
   same variance everywhere. Where the map is strong is not copied: that is what the null has to leave to chance.
3. A field is the sum of fresh noises of all widths, each times the root of its share. It gets the map's own values by
   rank, so that sign and smoothing do to it what they do to the map.

Noises are drawn by a root of their covariance along each axis, so that nothing wraps and no edge shows.
"""

from collections.abc import Iterable

import numpy as np
import pandas as pd
from scipy.special import ndtri

from relmaps.overlap.map_transform import FWHM_PER_SIGMA, MapTransform
from relmaps.overlap.metrics import METRICS, Metric
from relmaps.overlap.scoring_space import ScoringSpace, Specification

FINEST_VOXELS, WIDEST_MM, STEP = 1.5, 46, 1.5  # FWHM of the Gaussians: from, up to, factor from one to the next
WINDOW_MM, WINDOW_PER_BAND = 40, 2  # FWHM of the mean of a band's power: at least, and in units of the band's FWHM
DRAWS = 20  # of each noise, from which its spectrum is known
ROUNDS = 100  # of the fit of shares; more change correlations by less than .01
NEGLIGIBLE = 1e-4  # of the variance of a noise along one axis
LEAST = 1e-20  # power, where a map is constant as far as the window reaches


class Components:
    """Noise of several smoothnesses in one brain, variance 1 everywhere; the first is white.

    brain : (nx, ny, nz) bool; maps are (n_voxels,), the values inside it in C order. voxel_mm : (3,).
    """

    def __init__(self, brain: np.ndarray, voxel_mm: np.ndarray):
        occupied = [np.flatnonzero(brain.any(axis=others)) for others in ((1, 2), (0, 2), (0, 1))]
        box = tuple(slice(axis[0], axis[-1] + 1) for axis in occupied)
        self._brain = np.flatnonzero(brain[box])
        widths = widths_mm(voxel_mm)
        axes = list(zip(brain[box].shape, voxel_mm, strict=True))
        self._roots = [[smooth_root(size, mm / FWHM_PER_SIGMA / of_voxel) for size, of_voxel in axes] for mm in widths]
        self._blurs = [MapTransform(brain, voxel_mm, "signed", mm) for mm in widths]
        windows = [max(WINDOW_MM, WINDOW_PER_BAND * mm) for mm in [*widths, widths[-1]]]
        self._windows = [MapTransform(brain, voxel_mm, "signed", mm) for mm in windows]
        rng = np.random.default_rng(0)
        drawn = [(self._bands(noise) ** 2).mean(axis=1) for _ in range(DRAWS) for noise in self.draw(rng)]
        self._spectra = np.mean(np.reshape(drawn, (DRAWS, len(widths) + 1, -1)), axis=0).T.astype(np.float32)

    def draw(self, rng: np.random.Generator) -> list[np.ndarray]:
        """(n_voxels,) float32 of each component, independent of each other."""
        noises = [rng.standard_normal(self._brain.size, dtype=np.float32)]
        for x, y, z in self._roots:
            core = rng.standard_normal((x.shape[1], y.shape[1], z.shape[1]), dtype=np.float32)
            field = np.tensordot(x, np.matmul(y, core @ z.T), axes=1)
            noises.append(field.reshape(-1)[self._brain])
        return noises

    def shares(self, values: np.ndarray) -> np.ndarray:
        """(n_components, n_voxels) float32 >= 0 with sum 1: the mixture whose local spectrum is that of a map."""
        power = np.stack([window(band**2) for window, band in zip(self._windows, self._bands(values), strict=True)])
        power = np.maximum(power, LEAST)
        shares = np.full((self._spectra.shape[1], values.size), 1 / self._spectra.shape[1], dtype=np.float32)
        norm = self._spectra.sum(axis=0)[:, None]
        for _ in range(ROUNDS):  # expectation maximisation for non-negative shares (Richardson 1972, JOSA 62:55)
            shares *= self._spectra.T @ (power / (self._spectra @ shares)) / norm
        # ASSUME: an uninformative map has spatially uniform variance; a map without it counts as informed.
        return shares / shares.sum(axis=0)

    def _bands(self, values: np.ndarray) -> np.ndarray:
        """(n_bands, n_voxels) whose sum is the map's normal scores, from the finest to what the widest blur leaves."""
        left = ndtri((pd.Series(values).rank().to_numpy() - 0.5) / values.size).astype(np.float32)
        levels = [left, *(blur(left) for blur in self._blurs)]
        return np.stack([*np.subtract(levels[:-1], levels[1:]), levels[-1]])


class SurrogateFields:
    """Surrogate maps as smooth as one map, (n_voxels,) and not constant."""

    def __init__(self, values: np.ndarray, components: Components):
        self._components = components
        self._sorted = np.sort(np.asarray(values, dtype=np.float32))
        self._weights = np.sqrt(components.shares(values))

    def __call__(self, rng: np.random.Generator) -> np.ndarray:
        """(n_voxels,) float32, a rearrangement of the map's values."""
        noises = self._components.draw(rng)
        field = sum(weight * noise for weight, noise in zip(self._weights, noises, strict=True))
        rearranged = np.empty_like(self._sorted)
        rearranged[np.argsort(field)] = self._sorted
        return rearranged


def widths_mm(voxel_mm: np.ndarray) -> np.ndarray:
    """FWHM of the Gaussians in mm, a geometric series."""
    finest = FINEST_VOXELS * float(np.mean(voxel_mm))
    return finest * STEP ** np.arange(1 + max(0, int(np.log(WIDEST_MM / finest) / np.log(STEP))))


def smooth_root(size: int, sigma: float) -> np.ndarray:
    """(size, rank) float32: turns white noise into noise blurred by a Gaussian along a line of voxels.

    Rows have length 1 and products exp(-lag^2 / (4 sigma^2)), as if the line had no ends; sigma in voxels. What is
    blurred much has few waves, hence a low rank.
    """
    lags = np.subtract.outer(np.arange(size), np.arange(size))
    power, waves = np.linalg.eigh(np.exp(-(lags**2) / (4 * sigma**2)))
    kept = power > NEGLIGIBLE * size
    root = waves[:, kept] * np.sqrt(power[kept])
    return (root / np.linalg.norm(root, axis=1, keepdims=True)).astype(np.float32)


def spatial_null(
    values: np.ndarray,
    scoring_space: ScoringSpace,
    primary: Specification,
    n: int,
    seed: int,
    metrics: Iterable[Metric] = METRICS.values(),
) -> np.ndarray:
    """(n, n_references, n_metrics) scores of n surrogate maps as smooth as the map (n_voxels,).

    NaN where a reference cannot be scored, and everywhere for a map that is constant.
    """
    scorer = scoring_space.scorer(primary, metrics)
    null = np.full((n, len(scoring_space.references), len(scorer.metrics)), np.nan)
    if np.ptp(values) == 0 or not scorer.can_score:
        return null
    fields = SurrogateFields(values, Components(scoring_space.brain, scoring_space.grid.voxel_mm))
    rng = np.random.default_rng(seed)
    for scores in null:
        scores[:] = scorer(fields(rng))
    return null
