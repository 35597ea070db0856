"""comparisons.tsv: paired differences of all maps in every specification with bootstrap samples."""

from itertools import combinations

import numpy as np
import pandas as pd

from relmaps.catalogue.comparisons import COMPARISON_FAMILIES, order_pair
from relmaps.catalogue.maps import TRUTH_MAPS
from relmaps.overlap.bootstrap_samples import BootstrapSamples
from relmaps.overlap.resampling import interval, max_t_p, two_sided_p
from relmaps.overlap.scores import at_own_threshold
from relmaps.overlap.scoring_space import Specification

SPECIFICATION = ["sign", "smoothing_mm", "mask"]


def comparison_table(
    scores: pd.DataFrame, samples: dict[str, dict[Specification, BootstrapSamples]], confidence: float
) -> pd.DataFrame:
    """Compare all pairs of maps within each specification, reference and metric.

    A pair of a family (relmaps/catalogue/comparisons.yaml) stands in the family's order, and its p is adjusted for the
    family's pairs within the specification, reference and metric. Any other pair stands in the order of the maps in
    `scores` and has no adjusted p.

    Parameters
    ----------
    scores : scores.tsv.
    samples : bootstrap samples of each map by its name and the specification; those of all maps have the same subjects.
        A map without samples does not depend on the subjects: its score is fixed, so only the other map varies.
    confidence : of the intervals.

    Returns
    -------
    The rows of comparisons.tsv. A difference whose samples do not vary has no test; without samples it has no interval
    either. The ceiling is no competitor, and left out.
    """
    rows = []
    own = scores[at_own_threshold(scores) & (scores["fold"] == "all") & ~scores["map"].isin(TRUTH_MAPS)]
    own = own.assign(primary=own["primary"].astype(str).str.lower())
    for (primary, *specification, reference, metric), group in own.groupby(
        ["primary", *SPECIFICATION, "reference", "metric"], sort=False
    ):
        here = Specification(*specification)
        if primary != "true" and not any(here in of_map for of_map in samples.values()):
            continue
        values = group.set_index("map")["value"]
        of_maps = {
            name: _samples_or_score(samples.get(name, {}).get(here), reference, metric, value)
            for name, value in values.items()
        }
        place = {"reference": reference, "metric": metric, "primary": primary} | dict(
            zip(SPECIFICATION, specification, strict=True)
        )
        rows += [place | pair for pair in _compare_all(values, of_maps, confidence)]
    return pd.DataFrame(rows)


def _compare_all(values: pd.Series, of_maps: dict[str, np.ndarray], confidence: float) -> list[dict]:
    """Compare all pairs of one specification, reference and metric.

    values : score of each map. of_maps : (n_bootstrap,) samples of each, or (1,) the score of one without samples.
    """
    pairs, differences = [], []
    for a, b, family in (order_pair(*pair) for pair in combinations(values.index, 2)):
        difference = values[a] - values[b]
        varies = of_maps[a].size > 1 or of_maps[b].size > 1
        differences.append(of_maps[a] - of_maps[b] if varies and np.isfinite(difference) else np.array([]))
        described = {"map_a": a, "map_b": b, "family": family, "difference": difference}
        pairs.append(described | _describe(differences[-1], confidence))
    adjusted = _adjust(pairs, differences)
    return [pair | {"p_adjusted": p} for pair, p in zip(pairs, adjusted, strict=True)]


def _describe(samples: np.ndarray, confidence: float) -> dict:
    """Estimate, interval and p of a difference from its samples, so that the three agree."""
    usable = samples[np.isfinite(samples)]
    ci_low, ci_high = interval(usable, confidence)
    varies = usable.size > 0 and np.ptp(usable) > 0
    return {
        "test": "paired_bootstrap" if varies else None,
        "estimate": np.median(usable) if usable.size else np.nan,
        "ci_low": ci_low,
        "ci_high": ci_high,
        "p": two_sided_p(usable) if varies else np.nan,
    }


def _adjust(pairs: list[dict], differences: list[np.ndarray]) -> np.ndarray:
    """p of each pair adjusted within its family; NaN for a pair without a family or without a test."""
    adjusted = np.full(len(pairs), np.nan)
    for family in COMPARISON_FAMILIES:
        tested = [place for place, pair in enumerate(pairs) if pair["family"] == family and pair["test"] is not None]
        if tested:
            adjusted[tested] = max_t_p(np.column_stack([differences[place] for place in tested]))
    return adjusted


def _samples_or_score(samples: BootstrapSamples | None, reference: str, metric: str, score: float) -> np.ndarray:
    of_metric = samples.of(reference, metric) if samples else np.array([])
    return of_metric if of_metric.size else np.array([score])
