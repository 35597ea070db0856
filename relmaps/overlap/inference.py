"""What is known of the certainty of scores: intervals, two nulls, retraining; and why something is n/a."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from relmaps.overlap.arena import Cell
from relmaps.overlap.draws import Draws
from relmaps.overlap.metrics import METRICS
from relmaps.overlap.resampling import interval, null_p
from relmaps.overlap.retraining import spread_of_runs
from relmaps.overlap.scores import at_own_threshold

FEWEST_PERMUTATIONS = 20  # with fewer, the smallest possible p is not below .05
NOTHING = "nothing to score: the reference holds none or all of the voxels, or the metric has no value for this map"
COLUMNS = ["ci_low", "ci_high", "null_p_spatial", "null_p_labels", "retraining_sd", "reliability", "note"]


@dataclass(frozen=True, eq=False)
class Inference:
    """Of the group maps at the headline, and in every other cell that has draws.

    draws : bootstrap of each map by its name and the cell (relmaps.overlap.bootstrap). nulls : likewise scores of
    random fields as smooth as the map (relmaps.overlap.spatial). permuted : permuted.tsv, None where no labels were
    shuffled. retraining : retraining.tsv. Both are of the headline alone. confidence : of the intervals.
    """

    draws: dict[str, dict[Cell, Draws]]
    nulls: dict[str, dict[Cell, Draws]]
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
        return row.fold == "all" and _cell(row) in self.nulls[row.map]

    def _of(self, row, spread: pd.Series) -> dict:
        if not np.isfinite(row.value):
            return {"note": NOTHING}
        notes = []
        draws = self.draws.get(row.map, {}).get(_cell(row))  # none for a map that does not depend on the subjects
        ci_low, ci_high = interval(draws.of(row.reference, row.metric) if draws else np.array([]), self.confidence)
        if np.isnan(ci_low):
            notes.append(f"no interval: {'has no value in any draw' if draws else 'does not depend on the subjects'}")
        spatial = _p(row, self.nulls[row.map][_cell(row)].of(row.reference, row.metric))
        if np.isnan(spatial):
            notes.append("no spatial null: a map that is constant")
        at_headline = row.headline == "true"
        of_labels = self._permuted_scores(row) if at_headline else np.array([])
        enough = len(of_labels) >= FEWEST_PERMUTATIONS
        if not at_headline:
            notes.append("no label null and no retraining_sd: at the headline only")
        elif not len(of_labels):
            notes.append("no label null: no permutations, or made without labels")
        elif not enough:
            notes.append(f"no label null: {len(of_labels)} permutations, {FEWEST_PERMUTATIONS} are needed")
        retraining_sd = spread.get((row.map, row.reference, row.metric), np.nan) if at_headline else np.nan
        if at_headline and np.isnan(retraining_sd):
            notes.append("no retraining_sd: no maps of single folds")
        return {
            "ci_low": ci_low,
            "ci_high": ci_high,
            "null_p_spatial": spatial,
            "null_p_labels": _p(row, of_labels) if enough else np.nan,
            "retraining_sd": retraining_sd,
            "reliability": draws.reliability if draws else np.nan,
            "note": "; ".join(notes) or "-",
        }

    def _permuted_scores(self, row) -> np.ndarray:
        if self.permuted is None:
            return np.array([])
        of = self.permuted
        chosen = (of["map"] == row.map) & (of["reference"] == row.reference) & (of["metric"] == row.metric)
        return of.loc[chosen, "value"].dropna().to_numpy(dtype=float)


def _cell(row) -> Cell:
    return Cell(row.sign, row.smoothing_mm, row.mask)


def _none(row) -> dict:
    return {"note": "no inference asked for here" if row.fold == "all" else "map of one fold: no inference"}


def _p(row, null: np.ndarray) -> float:
    return null_p(row.value, null, METRICS[row.metric])
