"""comparisons.tsv: paired differences of all maps in every specification with bootstrap samples."""

from itertools import combinations

import numpy as np
import pandas as pd
from statsmodels.stats.multitest import multipletests

from relmaps.catalogue.maps import TRUTH_MAPS
from relmaps.overlap.bootstrap_samples import BootstrapSamples
from relmaps.overlap.resampling import corrected_t_p, interval, two_sided_p
from relmaps.overlap.retraining import differences_of_runs
from relmaps.overlap.scores import at_own_threshold
from relmaps.overlap.scoring_space import Specification

SPECIFICATION = ["sign", "smoothing_mm", "mask"]


def comparison_table(
    scores: pd.DataFrame,
    samples: dict[str, dict[Specification, BootstrapSamples]],
    confidence: float,
    retraining: pd.DataFrame,
) -> pd.DataFrame:
    """The rows of comparisons.tsv, for each specification, reference and metric all pairs in the order of the maps in
    `scores`.

    scores : scores.tsv. samples : bootstrap of each map by its name and the specification; the samples of all maps have
    the same subjects. A map that does not depend on the subjects has one score, so only the other map varies; two of
    them have no interval. The ceiling is no competitor, and left out. retraining : retraining.tsv, of the primary
    analysis.
    """
    rows = []
    own = scores[at_own_threshold(scores) & (scores["fold"] == "all") & ~scores["map"].isin(TRUTH_MAPS)]
    own = own.assign(primary=own["primary"].astype(str).str.lower())
    for (primary, *specification, reference, metric), group in own.groupby(
        ["primary", *SPECIFICATION, "reference", "metric"], sort=False
    ):
        if primary != "true" and not any(Specification(*specification) in of_map for of_map in samples.values()):
            continue
        values = group.set_index("map")["value"]
        runs = retraining[(retraining["reference"] == reference) & (retraining["metric"] == metric)]
        pairs = []
        for a, b in combinations(values.index, 2):
            of_a, of_b = (
                _samples_or_score(
                    samples.get(name, {}).get(Specification(*specification)), reference, metric, values[name]
                )
                for name in (a, b)
            )
            pairs.append({"map_a": a, "map_b": b} | _compare(values[a] - values[b], of_a, of_b, confidence))
            pairs[-1]["p_resampled"] = _p_of_runs(runs, a, b) if primary == "true" else np.nan
        place = {"reference": reference, "metric": metric, "primary": primary} | dict(
            zip(SPECIFICATION, specification, strict=True)
        )
        rows += [place | pair for pair in _with_holm(pairs)]
    return pd.DataFrame(rows)


def _p_of_runs(runs: pd.DataFrame, a: str, b: str) -> float:
    differences = differences_of_runs(runs, a, b)
    return corrected_t_p(differences["difference"].to_numpy(dtype=float), differences["fold"].nunique())


def _compare(difference: float, of_a: np.ndarray, of_b: np.ndarray, confidence: float) -> dict:
    varies = of_a.size > 1 or of_b.size > 1
    samples = of_a - of_b if varies and np.isfinite(difference) else np.array([])
    ci_low, ci_high = interval(samples, confidence)
    p = two_sided_p(samples)
    test = "paired_bootstrap" if np.isfinite(p) else None
    return {"test": test, "difference": difference, "ci_low": ci_low, "ci_high": ci_high, "p": p}


def _samples_or_score(samples: BootstrapSamples | None, reference: str, metric: str, score: float) -> np.ndarray:
    of_metric = samples.of(reference, metric) if samples else np.array([])
    return of_metric if of_metric.size else np.array([score])


def _with_holm(pairs: list[dict]) -> list[dict]:
    """The pairs with p_holm: Holm 1979, Scand J Stat 6:65, over those that have a p."""
    tested = [pair for pair in pairs if np.isfinite(pair["p"])]
    adjusted = multipletests([pair["p"] for pair in tested], method="holm")[1] if tested else []
    corrected = {(pair["map_a"], pair["map_b"]): p for pair, p in zip(tested, adjusted, strict=True)}
    return [pair | {"p_holm": corrected.get((pair["map_a"], pair["map_b"]), np.nan)} for pair in pairs]
