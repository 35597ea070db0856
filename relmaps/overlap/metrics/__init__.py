"""Metrics of overlap, one per file; which there are stands in relmaps/catalogue/metrics.yaml.

Each is a function of a map's comparison with one reference (relmaps.overlap.map_comparison).
"""

from collections.abc import Iterable
from importlib import import_module

import numpy as np

from relmaps.catalogue.metrics import METRICS as RECORDS
from relmaps.overlap.map_comparison import MapComparison
from relmaps.overlap.metrics.metric import Metric
from relmaps.overlap.ranking import Ranking, rank
from relmaps.overlap.target import Target


def open_metric(name: str) -> Metric:
    """The metric of this name in the catalogue."""
    module, _, class_name = RECORDS[name].implementation.partition(":")
    return getattr(import_module(f"{__name__}.{module}"), class_name)()


METRICS: dict[str, Metric] = {name: open_metric(name) for name in RECORDS}
# The quickest; the other tables of the multiverse than scores.tsv report these alone.
CURVE_METRICS = {name: METRICS[name] for name, record in RECORDS.items() if record.curve}


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
            comparison = MapComparison(values, ranking, target)
            row[:] = [metric(comparison) for metric in metrics]
    return scores
