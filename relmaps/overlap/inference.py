"""Uncertainty of scores: intervals, spatial null model, label permutations, retraining; reasons for n/a."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from relmaps.overlap.bootstrap_samples import BootstrapSamples
from relmaps.overlap.metrics import METRICS
from relmaps.overlap.resampling import interval, null_p
from relmaps.overlap.retraining import spread_of_runs
from relmaps.overlap.scores import at_own_threshold
from relmaps.overlap.scoring_space import Specification

FEWEST_PERMUTATIONS = 20  # with fewer, the smallest possible p is not below .05
NOTHING = "nothing to score: the reference holds none or all of the voxels, or the metric has no value for this map"
COLUMNS = ["ci_low", "ci_high", "null_p_spatial", "null_p_labels", "retraining_sd", "reliability", "note"]


@dataclass(frozen=True, eq=False)
class Inference:
    """Of the group maps in the primary analysis, and in every other specification with bootstrap samples.

    samples : bootstrap of each map by its name and the specification (relmaps.overlap.bootstrap). nulls : likewise
    scores of surrogate maps as smooth as the map (relmaps.overlap.spatial). permuted : permuted.tsv, None without
    label permutations. retraining : retraining.tsv. Both are of the primary analysis alone. confidence : of the
    intervals.
    """

    samples: dict[str, dict[Specification, BootstrapSamples]]
    nulls: dict[str, dict[Specification, BootstrapSamples]]
    permuted: pd.DataFrame | None
    retraining: pd.DataFrame
    confidence: float

    def add_to(self, scores: pd.DataFrame) -> pd.DataFrame:
        """scores : rows of scores.tsv. Returns them with COLUMNS; `note` says why any of the others is n/a."""
        spread = spread_of_runs(self.retraining)
        rows = [
            self._of(row, spread) if own and self._has(row) else _none(row)
            for row, own in zip(scores.itertuples(), at_own_threshold(scores), strict=True)
        ]
        return scores.assign(**pd.DataFrame(rows, columns=COLUMNS, index=scores.index))

    def _has(self, row) -> bool:
        return row.fold == "all" and _specification(row) in self.nulls[row.map]

    def _of(self, row, spread: pd.Series) -> dict:
        if not np.isfinite(row.value):
            return {"note": NOTHING}
        notes = []
        samples = self.samples.get(row.map, {}).get(
            _specification(row)
        )  # none for a map that does not depend on the subjects
        ci_low, ci_high = interval(samples.of(row.reference, row.metric) if samples else np.array([]), self.confidence)
        if np.isnan(ci_low):
            why = "has no value in any bootstrap sample" if samples else "does not depend on the subjects"
            notes.append(f"no interval: {why}")
        spatial = _p(row, self.nulls[row.map][_specification(row)].of(row.reference, row.metric))
        if np.isnan(spatial):
            notes.append("no spatial null model: a map that is constant")
        at_primary = row.primary == "true"
        of_labels = self._permuted_scores(row) if at_primary else np.array([])
        enough = len(of_labels) >= FEWEST_PERMUTATIONS
        if not at_primary:
            notes.append("no label permutations and no retraining_sd: in the primary analysis only")
        elif not len(of_labels):
            notes.append("no label permutations: no permutations, or made without labels")
        elif not enough:
            notes.append(f"no label permutations: {len(of_labels)} permutations, {FEWEST_PERMUTATIONS} are needed")
        retraining_sd = spread.get((row.map, row.reference, row.metric), np.nan) if at_primary else np.nan
        if at_primary and np.isnan(retraining_sd):
            notes.append("no retraining_sd: no maps of single folds")
        return {
            "ci_low": ci_low,
            "ci_high": ci_high,
            "null_p_spatial": spatial,
            "null_p_labels": _p(row, of_labels) if enough else np.nan,
            "retraining_sd": retraining_sd,
            "reliability": samples.reliability if samples else np.nan,
            "note": "; ".join(notes) or "-",
        }

    def _permuted_scores(self, row) -> np.ndarray:
        if self.permuted is None:
            return np.array([])
        of = self.permuted
        chosen = (of["map"] == row.map) & (of["reference"] == row.reference) & (of["metric"] == row.metric)
        return of.loc[chosen, "value"].dropna().to_numpy(dtype=float)


def _specification(row) -> Specification:
    return Specification(row.sign, row.smoothing_mm, row.mask)


def _none(row) -> dict:
    return {"note": "no inference asked for here" if row.fold == "all" else "map of one fold: no inference"}


def _p(row, null: np.ndarray) -> float:
    return null_p(row.value, null, METRICS[row.metric])
