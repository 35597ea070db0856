"""Subject bootstrap of one map's headline scores."""

import logging

import numpy as np

from relmaps.jobs import progress
from relmaps.overlap.arena import Arena, Cell
from relmaps.overlap.draws import Draws
from relmaps.overlap.metrics import METRICS
from relmaps.relevance.group import GroupMap

log = logging.getLogger("relmaps")

BLOCK_BYTES = 128 * 2**20  # of group maps held at once


def bootstrap_map(group_map: GroupMap, weights: np.ndarray, arena: Arena, headline: Cell) -> Draws:
    """Score the group map of every reweighted cohort, in blocks of draws so that memory stays bounded.

    weights : (n_draws, n_subjects). Heatmaps are re-averaged with the networks as trained, so their draws hold the
    uncertainty of which subjects were explained, not of training (relmaps.relevance.group).
    """
    references, metrics = [reference.name for reference in arena.references], list(METRICS)
    if not group_map.subject_based:
        log.info("%s does not depend on the subjects: no draws, its intervals are n/a", group_map.name)
        return Draws(np.empty((0, len(references), len(metrics))), references, metrics)
    scores = np.full((len(weights), len(references), len(metrics)), np.nan)
    scorer = arena.scorer(headline)
    if not scorer.can_score:
        log.info("every reference is empty inside the mask %s: no draws are scored", headline.mask)
        return Draws(scores, references, metrics)
    block = max(1, BLOCK_BYTES // (4 * arena.brain.sum()))
    for start in progress(range(0, len(weights), block), f"block of {block} draws"):
        for offset, values in enumerate(group_map(weights[start : start + block])):
            scores[start + offset] = scorer(values)
    return Draws(scores, references, metrics)


def check_published(group_map: GroupMap, published: np.ndarray) -> None:
    """Raise if the map that is resampled is not the one that was published, (n_voxels,): its draws would mislead."""
    again = group_map.published()
    if not np.allclose(again, published, rtol=1e-3, atol=1e-5 * np.abs(published).max()):
        raise ValueError(f"{group_map.name}: the map to resample differs from the published one; run pooling again")
