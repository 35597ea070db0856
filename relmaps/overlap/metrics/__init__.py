"""Metrics of overlap: each is a function of a map's match with one reference (relmaps.overlap.match), one per file."""

from collections.abc import Iterable

import numpy as np

from relmaps.overlap.match import Match
from relmaps.overlap.metrics.average_precision import AveragePrecision
from relmaps.overlap.metrics.centre_distance import CentreDistance
from relmaps.overlap.metrics.cluster_hit_rate import ClusterHitRate
from relmaps.overlap.metrics.dice import Dice
from relmaps.overlap.metrics.dice_max import DiceMax
from relmaps.overlap.metrics.hausdorff import Hausdorff
from relmaps.overlap.metrics.mass_accuracy import MassAccuracy
from relmaps.overlap.metrics.metric import Metric
from relmaps.overlap.metrics.rank_accuracy import RankAccuracy
from relmaps.overlap.metrics.roc_auc import RocAuc
from relmaps.overlap.metrics.spearman import Spearman
from relmaps.overlap.metrics.top_intersection import TopIntersection
from relmaps.overlap.ranking import Ranking, rank
from relmaps.overlap.target import Target

METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        Dice(),
        DiceMax(),
        RocAuc(),
        AveragePrecision(),
        MassAccuracy(),
        RankAccuracy(),
        TopIntersection(),
        Spearman(),
        CentreDistance(),
        Hausdorff(),
        ClusterHitRate(),
    )
}
# Read off the curve alone: the quickest, and what sweeps other than that of scores.tsv report.
CURVE_METRICS = {name: METRICS[name] for name in ("dice", "dice_max", "roc_auc", "average_precision")}


def score(
    values: np.ndarray,
    targets: list[Target],
    metrics: Iterable[Metric] = METRICS.values(),
    ranking: Ranking | None = None,
) -> np.ndarray:
    """(n_targets, n_metrics) of a map (n_voxels,), all from one ranking; NaN for a target that is not `defined`.

    ranking : of the values, if it is there already.
    """
    metrics, ranking = list(metrics), ranking or rank(values)
    scores = np.full((len(targets), len(metrics)), np.nan)
    for row, target in zip(scores, targets, strict=True):
        if target.defined:
            match = Match(values, ranking, target)
            row[:] = [metric(match) for metric in metrics]
    return scores
