"""scores.tsv: every map in every specification of the multiverse, against every reference, by every metric."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from relmaps.overlap.maps import ScoredMap
from relmaps.overlap.metrics import CURVE_METRICS, METRICS
from relmaps.overlap.scoring_space import ScoringSpace, Specification
from relmaps.reference.reference import ReferenceMask


def score_table(
    maps: list[ScoredMap], scoring_space: ScoringSpace, multiverse: Iterable[Specification], primary: Specification
) -> pd.DataFrame:
    """Group maps in each specification and at each threshold of the references, then maps of single folds in the
    primary analysis.

    What scores.tsv holds beside the values is added by relmaps.overlap.inference.
    """
    rows = []
    for specification in multiverse:
        scorer = scoring_space.scorer(specification)
        for scored_map in maps:
            whole = {"map": scored_map.name, "model": scored_map.model, "feature": scored_map.feature, "fold": "all"}
            scores, at_thresholds = scorer.with_thresholds(scored_map.values)
            rows += _rows(
                whole,
                scoring_space.references,
                METRICS,
                scores,
                specification,
                "true" if specification == primary else "false",
            )
            rows += _rows(whole, scoring_space.thresholds, CURVE_METRICS, at_thresholds, specification, "false")
    scorer = scoring_space.scorer(primary)
    for scored_map in maps:
        for fold in scored_map.folds:
            part = {"map": scored_map.name, "model": fold.model, "feature": scored_map.feature, "fold": fold.fold}
            rows += _rows(part, scoring_space.references, METRICS, scorer(fold.values), primary, "true")
    return pd.DataFrame(rows)


def primary_rows(scores: pd.DataFrame) -> pd.DataFrame:
    """The rows of the primary analysis, also of a table that was read (pandas turns true into a boolean)."""
    return scores[scores["primary"].astype(str).str.lower() == "true"]


def at_own_threshold(scores: pd.DataFrame) -> pd.Series:
    """Which rows are against the reference at the threshold thin the primary analysis has too."""
    own = primary_rows(scores).drop_duplicates("reference").set_index("reference")["threshold_label"]
    return scores["threshold_label"].fillna("n/a") == scores["reference"].map(own).fillna("n/a")


def _rows(
    part: dict,
    references: Iterable[ReferenceMask],
    metrics: Iterable[str],
    scores: np.ndarray,
    specification: Specification,
    primary: str,
) -> list[dict]:
    return [
        part
        | {
            "reference": reference.name,
            "reference_kind": reference.kind,
            "threshold": reference.threshold,
            "threshold_label": reference.label,
            "mask": specification.mask,
            "sign": specification.sign,
            "smoothing_mm": specification.smoothing_mm,
            "metric": metric,
            "primary": primary,
            "value": value,
        }
        for reference, values in zip(references, scores, strict=True)
        for metric, value in zip(metrics, values, strict=True)
    ]
