"""scores.tsv: every map in every cell of the sweep, against every reference, by every metric."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from relmaps.overlap.arena import Arena, Cell
from relmaps.overlap.maps import ScoredMap
from relmaps.overlap.metrics import CURVE_METRICS, METRICS
from relmaps.reference.reference import ReferenceMask


def score_table(maps: list[ScoredMap], arena: Arena, sweep: Iterable[Cell], headline: Cell) -> pd.DataFrame:
    """Group maps in each cell and at each threshold of the references, then maps of single folds at the headline.

    What scores.tsv holds beside the values is added by relmaps.overlap.inference.
    """
    rows = []
    for cell in sweep:
        scorer = arena.scorer(cell)
        for scored_map in maps:
            whole = {"map": scored_map.name, "model": scored_map.model, "feature": scored_map.feature, "fold": "all"}
            scores, at_cuts = scorer.with_cuts(scored_map.values)
            rows += _rows(whole, arena.references, METRICS, scores, cell, "true" if cell == headline else "false")
            rows += _rows(whole, arena.cuts, CURVE_METRICS, at_cuts, cell, "false")
    scorer = arena.scorer(headline)
    for scored_map in maps:
        for fold in scored_map.folds:
            part = {"map": scored_map.name, "model": fold.model, "feature": scored_map.feature, "fold": fold.fold}
            rows += _rows(part, arena.references, METRICS, scorer(fold.values), headline, "true")
    return pd.DataFrame(rows)


def headline_rows(scores: pd.DataFrame) -> pd.DataFrame:
    """The rows of the headline, also of a table that was read back (pandas turns true and false into booleans)."""
    return scores[scores["headline"].astype(str).str.lower() == "true"]


def at_own_threshold(scores: pd.DataFrame) -> pd.Series:
    """Which rows are against the reference at the threshold that the headline has too."""
    own = headline_rows(scores).drop_duplicates("reference").set_index("reference")["threshold_label"]
    return scores["threshold_label"].fillna("n/a") == scores["reference"].map(own).fillna("n/a")


def _rows(
    part: dict,
    references: Iterable[ReferenceMask],
    metrics: Iterable[str],
    scores: np.ndarray,
    cell: Cell,
    headline: str,
) -> list[dict]:
    return [
        part
        | {
            "reference": reference.name,
            "reference_kind": reference.kind,
            "threshold": reference.threshold,
            "threshold_label": reference.label,
            "mask": cell.mask,
            "sign": cell.sign,
            "smoothing_mm": cell.smoothing_mm,
            "metric": metric,
            "headline": headline,
            "value": value,
        }
        for reference, values in zip(references, scores, strict=True)
        for metric, value in zip(metrics, values, strict=True)
    ]
