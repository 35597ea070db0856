"""Subject bootstrap of one map's primary scores, corrected for what noise costs.

The score of a group map lies below that of the map without noise, and the mean of resampled subjects is noisier still:
samples round the published map are biased twice. So samples are taken round a map that is as if without noise
(relmaps.overlap.population): there the score before noise, s, and the scores after, s*, are both known. With the
observed score o, all on an unbounded scale, the basic bootstrap (Davison and Hinkley 1997, Eq. 5.6) gives

    o + (s - median s*) - f (s* - median s*)

for each draw, whose quantiles are the interval. The correction (s - median s*) is itself estimated from a noisy map,
which widens the interval by the factor f. f is found by bootstrapping the corrected score: each of some samples is
taken for an observed map, corrected with one draw of its own, and the variance that this one draw adds is taken away
again (fast double bootstrap: Davidson and MacKinnon 2007, Comput Stat Data Anal 51:3259).
"""

import logging
from dataclasses import replace
from functools import cached_property

import numpy as np

from relmaps.io.jobs import progress
from relmaps.overlap.bootstrap_samples import BootstrapSamples
from relmaps.overlap.metrics import METRICS, Metric
from relmaps.overlap.population import Shrinkage
from relmaps.overlap.resampling import noise_scale
from relmaps.overlap.scoring_space import Scorer, ScoringSpace, Specification
from relmaps.relevance.group import GroupMap

log = logging.getLogger("relmaps")

BLOCK_BYTES = 128 * 2**20  # of group maps held at once
NOISE_SAMPLES = 100  # from which the amount of noise is estimated
SPREAD_SAMPLES = 200  # from which f is estimated


def bootstrap_map(
    group_map: GroupMap,
    weights: np.ndarray,
    scoring_space: ScoringSpace,
    primary: Specification,
    metrics: dict[str, Metric] = METRICS,
) -> BootstrapSamples:
    """Bootstrap samples of the group map's scores without noise, in blocks so that memory stays bounded.

    weights : (n_bootstrap, n_subjects). Heatmaps are re-averaged with the networks as trained, so their samples hold
    the uncertainty of which subjects were explained, not of training (relmaps.relevance.group).
    """
    references, names = [reference.name for reference in scoring_space.references], list(metrics)
    if not group_map.subject_based:
        log.info("%s does not depend on the subjects: no samples, its intervals are n/a", group_map.name)
        return BootstrapSamples(np.empty((0, len(references), len(names))), references, names)
    scorer = scoring_space.scorer(primary, metrics.values())
    samples = np.full((len(weights), len(references), len(names)), np.nan)
    if not scorer.can_score:
        log.info("every reference is empty inside the mask %s: no samples are scored", primary.mask)
        return BootstrapSamples(samples, references, names)
    noise = Noise(group_map, weights)
    block = max(1, BLOCK_BYTES // (4 * noise.published.size))
    corrected = {
        place: _Corrected(replace(scorer, targets=[target]), noise.published, Shrinkage(scoring_space, target_mask))
        for place, (target, target_mask) in enumerate(zip(scorer.targets, _masks(scoring_space), strict=True))
        if target.defined
    }
    learning, variances = min(NOISE_SAMPLES, len(weights)), []
    for start in range(0, learning, block):
        added = noise(slice(start, min(start + block, learning)))
        variances.append(added.var(axis=1))
        for of_target in corrected.values():
            of_target.shrinkage.learn(added)
    for start in progress(range(0, len(weights), block), f"block of {block} samples"):
        added = noise(slice(start, start + block))
        for of_target in corrected.values():
            of_target.add(added)
    for place, of_target in corrected.items():
        samples[:, place] = of_target.samples()
    total = noise.published.var()
    reliability = max(0.0, 1 - float(np.concatenate(variances).mean() / total)) if total else 0.0
    log.info("%s: %.2f of the variance of the map is not noise", group_map.name, reliability)
    return BootstrapSamples(samples, references, names, reliability)


def _masks(scoring_space: ScoringSpace) -> list[np.ndarray]:
    """(n_voxels,) of each reference."""
    return [reference.mask[scoring_space.brain] for reference in scoring_space.references]


class Noise:
    """What resampling subjects adds to a group map, with the variance of the map itself. published : (n_voxels,)."""

    def __init__(self, group_map: GroupMap, weights: np.ndarray):
        self._group_map, self._weights = group_map, weights
        self._scale = noise_scale(weights).astype(np.float32)
        self.published = group_map.published()

    def __call__(self, rows: slice) -> np.ndarray:
        """(n_rows, n_voxels) float32."""
        return self._scale[rows, None] * (self._group_map(self._weights[rows]) - self.published)


class _Corrected:
    """The scores of one map against one target, collected block by block; scorer : of that target alone."""

    def __init__(self, scorer: Scorer, published: np.ndarray, shrinkage: Shrinkage):
        self._scorer, self._published, self.shrinkage = scorer, published[None], shrinkage
        self._after: list[np.ndarray] = []
        self._again: list[np.ndarray] = []
        self._last = np.empty((0, published.size), dtype=np.float32)

    def add(self, added: np.ndarray) -> None:
        """added : (n, n_voxels) noise of the next samples; what shrinkage must learn comes before."""
        noisy = self._quiet + added
        self._after.append(self._unbounded(noisy))
        left = SPREAD_SAMPLES - sum(map(len, self._again))
        if left > 0:  # each draw with the noise of the draw before it; the first has none
            before = np.concatenate([self._last, added[:-1]])
            first = len(added) - len(before)
            rows = slice(first, first + left)
            self._again.append(self._corrected_again(noisy[rows], before[:left], self._after[-1][rows]))
        self._last = added[-1:].copy()

    def samples(self) -> np.ndarray:
        """(n_bootstrap, n_metrics)."""
        after, again = np.concatenate(self._after), np.concatenate(self._again)
        middle = np.median(after, axis=0)
        observed, before = self._unbounded(np.concatenate([self._published, self._quiet]))
        drawn = observed + before - middle - spread_factor(after, again) * (after - middle)
        columns = zip(self._scorer.metrics, drawn.T, strict=True)
        return np.column_stack([metric.bounded(column) for metric, column in columns])

    @cached_property
    def _quiet(self) -> np.ndarray:
        return self.shrinkage(self._published)

    def _corrected_again(self, noisy: np.ndarray, others: np.ndarray, scores: np.ndarray) -> np.ndarray:
        """(n, n_metrics) corrected scores of maps that are noisy samples. others : noise to correct each with."""
        if not len(noisy):
            return np.empty((0, len(self._scorer.metrics)))
        quiet = self.shrinkage(noisy)
        return scores + self._unbounded(quiet) - self._unbounded(quiet + others)

    def _unbounded(self, maps: np.ndarray) -> np.ndarray:
        """(n_maps, n_metrics) on the unbounded scales."""
        scores = np.array([self._scorer(values)[0] for values in maps])
        columns = zip(self._scorer.metrics, scores.T, strict=True)
        return np.column_stack([metric.unbounded(column) for metric, column in columns])


def spread_factor(after: np.ndarray, again: np.ndarray) -> np.ndarray:
    """(n_metrics,) how much wider corrected scores spread than scores; at least 1.

    after : (n_bootstrap, n_metrics) scores. again : (n, n_metrics) corrected scores of samples, which hold the variance
    of one more draw.
    """
    once = after.var(axis=0)
    return np.sqrt(np.maximum(1, again.var(axis=0) / np.where(once > 0, once, np.inf) - 1))


def check_published(group_map: GroupMap, published: np.ndarray) -> None:
    """Raise if the map that is resampled is not the one that was published, (n_voxels,): its samples would mislead."""
    again = group_map.published()
    if not np.allclose(again, published, rtol=1e-3, atol=1e-5 * np.abs(published).max()):
        raise ValueError(f"{group_map.name}: the map to resample differs from the published one; run pooling again")
