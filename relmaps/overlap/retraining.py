"""retraining.tsv: primary scores of the map of every single training run, and what they say of retraining.

What training itself leaves to chance, its fold and its seed, is never part of an interval: it stands beside them.
"""

import numpy as np
import pandas as pd

from relmaps.overlap.maps import ScoredMap
from relmaps.overlap.metrics import METRICS
from relmaps.overlap.scoring_space import ScoringSpace, Specification

COLUMNS = ["map", "model", "fold", "seed", "reference", "metric", "value"]


def retraining_table(maps: list[ScoredMap], scoring_space: ScoringSpace, primary: Specification) -> pd.DataFrame:
    """One row per map, fold, seed, reference and metric; seeds are counted from 1, n/a for a model trained once."""
    scorer = scoring_space.scorer(primary)
    rows = [
        {
            "map": scored_map.name,
            "model": fold.model,
            "fold": fold.fold,
            "seed": seed,
            "reference": reference.name,
            "metric": metric,
            "value": value,
        }
        for scored_map in maps
        for fold in scored_map.folds
        for seed, values in _runs(fold)
        for reference, scores in zip(scoring_space.references, scorer(values), strict=True)
        for metric, value in zip(METRICS, scores, strict=True)
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def spread_of_runs(retraining: pd.DataFrame) -> pd.Series:
    """Standard deviation over folds and seeds, by (map, reference, metric); NaN for a single run."""
    return retraining.groupby(["map", "reference", "metric"])["value"].std()


def _runs(fold) -> list[tuple[float, np.ndarray]]:
    return [(np.nan, fold.values)] if fold.seeds is None else list(enumerate(fold.seeds, 1))
