"""comparisons.tsv: paired differences of all maps at the headline."""

from itertools import combinations

import numpy as np
import pandas as pd
from statsmodels.stats.multitest import multipletests

from relmaps.overlap.draws import Draws
from relmaps.overlap.metrics import METRICS
from relmaps.overlap.resampling import basic_interval, basic_p, corrected_t_p
from relmaps.overlap.scores import headline_rows

CELL = ["mask", "sign", "smoothing_mm"]


def comparison_table(scores: pd.DataFrame, draws: dict[str, Draws], confidence: float) -> pd.DataFrame:
    """The rows of comparisons.tsv, for each reference and metric all pairs in the order of the maps in `scores`.

    scores : scores.tsv. draws : bootstrap of each map by its name; the draws of all maps have the same subjects. A map
    that does not depend on the subjects has one score, so only the other map varies; two of them have no interval.
    """
    headline = headline_rows(scores)
    rows = []
    for (reference, metric), group in headline.groupby(["reference", "metric"], sort=False):
        overall = group[group["fold"] == "all"].set_index("map")
        by_fold = group[group["fold"] != "all"].pivot(index="fold", columns="map", values="value")
        pairs = [
            _compare(a, b, overall["value"], by_fold, draws, reference, metric, confidence)
            for a, b in combinations(overall.index, 2)
        ]
        cell = group.iloc[0][CELL].to_dict()
        rows += [{"reference": reference, "metric": metric} | cell | pair for pair in _with_holm(pairs)]
    return pd.DataFrame(rows).assign(headline="true")


def _compare(a, b, values, by_fold, draws, reference, metric, confidence) -> dict:
    difference = values[a] - values[b]
    low, high = METRICS[metric].bounds
    of_a, of_b = (_draws_or_score(draws[name].of(reference, metric), values[name]) for name in (a, b))
    resampled = of_a - of_b if of_a.size > 1 or of_b.size > 1 else np.array([])
    ci_low, ci_high = basic_interval(difference, resampled, confidence, (low - high, high - low))
    both_folds = a in by_fold and b in by_fold
    return {
        "map_a": a,
        "map_b": b,
        "test": "paired_bootstrap" if resampled.size else None,
        "difference": difference,
        "ci_low": ci_low,
        "ci_high": ci_high,
        "p": basic_p(difference, resampled),
        "p_resampled": corrected_t_p((by_fold[a] - by_fold[b]).to_numpy()) if both_folds else np.nan,
    }


def _draws_or_score(draws: np.ndarray, score: float) -> np.ndarray:
    return draws if draws.size else np.array([score])


def _with_holm(pairs: list[dict]) -> list[dict]:
    """The pairs with p_holm: Holm 1979, Scand J Stat 6:65, over those that have a p."""
    tested = [pair for pair in pairs if np.isfinite(pair["p"])]
    adjusted = multipletests([pair["p"] for pair in tested], method="holm")[1] if tested else []
    corrected = {(pair["map_a"], pair["map_b"]): p for pair, p in zip(tested, adjusted, strict=True)}
    return [pair | {"p_holm": corrected.get((pair["map_a"], pair["map_b"]), np.nan)} for pair in pairs]
