"""scores.tsv: every map in every cell of the sweep, against every reference, by every metric."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from relmaps.overlap.arena import Arena, Cell
from relmaps.overlap.draws import Draws
from relmaps.overlap.maps import ScoredMap
from relmaps.overlap.metrics import METRICS
from relmaps.overlap.resampling import basic_interval


def score_table(
    maps: list[ScoredMap],
    arena: Arena,
    sweep: Iterable[Cell],
    headline: Cell,
    draws: dict[str, Draws],
    confidence: float,
) -> pd.DataFrame:
    """The rows of scores.tsv: group maps in each cell, then maps of single folds at the headline.

    draws : bootstrap of each map by its name, for the intervals of the group maps at the headline. Retraining is no
    part of them: folds have rows of their own.
    """
    rows = []
    for cell in sweep:
        scorer = arena.scorer(cell)
        for scored_map in maps:
            scores = scorer(scored_map.values)
            rows += _rows(scored_map, "all", scored_map.model, scores, arena, cell, cell == headline)
    scorer = arena.scorer(headline)
    for scored_map in maps:
        for fold in scored_map.folds:
            rows += _rows(scored_map, fold.fold, fold.model, scorer(fold.values), arena, headline, True)
    table = pd.DataFrame(rows)
    intervals = [_interval(row, draws, confidence) for row in table.itertuples()]
    table[["ci_low", "ci_high"]] = np.array(intervals).reshape(-1, 2)
    return table.assign(null_p_spatial=np.nan, null_p_labels=np.nan, headline=table["headline"].map(_as_text))


def headline_rows(scores: pd.DataFrame) -> pd.DataFrame:
    """The rows of the headline, also of a table that was read back (pandas turns true and false into booleans)."""
    return scores[scores["headline"].astype(str).str.lower() == "true"]


def _rows(
    scored_map: ScoredMap, fold: str, model: str, scores: np.ndarray, arena: Arena, cell: Cell, headline: bool
) -> list[dict]:
    return [
        {
            "map": scored_map.name,
            "model": model,
            "feature": scored_map.feature,
            "fold": fold,
            "reference": reference.name,
            "reference_kind": reference.kind,
            "threshold": reference.threshold,
            "mask": cell.mask,
            "sign": cell.sign,
            "smoothing_mm": cell.smoothing_mm,
            "metric": metric,
            "headline": headline,
            "value": value,
        }
        for reference, values in zip(arena.references, scores, strict=True)
        for metric, value in zip(METRICS, values, strict=True)
    ]


def _interval(row, draws: dict[str, Draws], confidence: float) -> np.ndarray:
    if not row.headline or row.fold != "all":
        return np.array([np.nan, np.nan])
    of_row = draws[row.map].of(row.reference, row.metric)
    return basic_interval(row.value, of_row, confidence, METRICS[row.metric].bounds)


def _as_text(truth: bool) -> str:
    return "true" if truth else "false"
