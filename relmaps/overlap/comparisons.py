"""comparisons.tsv: paired differences of all maps at the headline, and in every other cell that has draws."""

from itertools import combinations

import numpy as np
import pandas as pd
from statsmodels.stats.multitest import multipletests

from relmaps.overlap.arena import Cell
from relmaps.overlap.draws import Draws
from relmaps.overlap.resampling import corrected_t_p, interval, two_sided_p
from relmaps.overlap.retraining import differences_of_runs
from relmaps.overlap.scores import at_own_threshold

CELL = ["sign", "smoothing_mm", "mask"]


def comparison_table(
    scores: pd.DataFrame, draws: dict[str, dict[Cell, Draws]], confidence: float, retraining: pd.DataFrame
) -> pd.DataFrame:
    """The rows of comparisons.tsv, for each cell, reference and metric all pairs in the order of the maps in `scores`.

    scores : scores.tsv. draws : bootstrap of each map by its name and the cell; the draws of all maps have the same
    subjects. A map that does not depend on the subjects has one score, so only the other map varies; two of them have
    no interval. retraining : retraining.tsv, of the headline.
    """
    rows = []
    own = scores[at_own_threshold(scores) & (scores["fold"] == "all")]
    own = own.assign(headline=own["headline"].astype(str).str.lower())
    for (headline, *cell, reference, metric), group in own.groupby(
        ["headline", *CELL, "reference", "metric"], sort=False
    ):
        if headline != "true" and not any(Cell(*cell) in of_map for of_map in draws.values()):
            continue
        values = group.set_index("map")["value"]
        runs = retraining[(retraining["reference"] == reference) & (retraining["metric"] == metric)]
        pairs = []
        for a, b in combinations(values.index, 2):
            of_a, of_b = (
                _draws_or_score(draws.get(name, {}).get(Cell(*cell)), reference, metric, values[name])
                for name in (a, b)
            )
            pairs.append({"map_a": a, "map_b": b} | _compare(values[a] - values[b], of_a, of_b, confidence))
            pairs[-1]["p_resampled"] = _p_of_runs(runs, a, b) if headline == "true" else np.nan
        place = {"reference": reference, "metric": metric, "headline": headline} | dict(zip(CELL, cell, strict=True))
        rows += [place | pair for pair in _with_holm(pairs)]
    return pd.DataFrame(rows)


def _p_of_runs(runs: pd.DataFrame, a: str, b: str) -> float:
    differences = differences_of_runs(runs, a, b)
    return corrected_t_p(differences["difference"].to_numpy(dtype=float), differences["fold"].nunique())


def _compare(difference: float, of_a: np.ndarray, of_b: np.ndarray, confidence: float) -> dict:
    varies = of_a.size > 1 or of_b.size > 1
    draws = of_a - of_b if varies and np.isfinite(difference) else np.array([])
    ci_low, ci_high = interval(draws, confidence)
    p = two_sided_p(draws)
    test = "paired_bootstrap" if np.isfinite(p) else None
    return {"test": test, "difference": difference, "ci_low": ci_low, "ci_high": ci_high, "p": p}


def _draws_or_score(draws: Draws | None, reference: str, metric: str, score: float) -> np.ndarray:
    of_metric = draws.of(reference, metric) if draws else np.array([])
    return of_metric if of_metric.size else np.array([score])


def _with_holm(pairs: list[dict]) -> list[dict]:
    """The pairs with p_holm: Holm 1979, Scand J Stat 6:65, over those that have a p."""
    tested = [pair for pair in pairs if np.isfinite(pair["p"])]
    adjusted = multipletests([pair["p"] for pair in tested], method="holm")[1] if tested else []
    corrected = {(pair["map_a"], pair["map_b"]): p for pair, p in zip(tested, adjusted, strict=True)}
    return [pair | {"p_holm": corrected.get((pair["map_a"], pair["map_b"]), np.nan)} for pair in pairs]
