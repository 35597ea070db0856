"""Metrics of overlap: each is a function of one curve (relmaps.overlap.ranking), one per file."""

import numpy as np

from relmaps.overlap.metrics.average_precision import AveragePrecision
from relmaps.overlap.metrics.dice import Dice
from relmaps.overlap.metrics.dice_max import DiceMax
from relmaps.overlap.metrics.metric import Metric
from relmaps.overlap.metrics.roc_auc import RocAuc
from relmaps.overlap.ranking import Curve

METRICS: dict[str, Metric] = {metric.name: metric for metric in (Dice(), DiceMax(), RocAuc(), AveragePrecision())}


def score_curves(curves: list[Curve]) -> np.ndarray:
    """(n_curves, n_metrics) in the order of METRICS; NaN for a curve that is not `defined`."""
    scores = np.full((len(curves), len(METRICS)), np.nan)
    for row, curve in zip(scores, curves, strict=True):
        if curve.defined:
            row[:] = [metric(curve) for metric in METRICS.values()]
    return scores
