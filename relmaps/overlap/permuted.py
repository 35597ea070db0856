"""permuted.tsv: overlap of the maps of models trained on permuted labels, and their permutation test."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from relmaps.io.jobs import progress
from relmaps.overlap.metrics import CURVE_METRICS, METRICS, Metric
from relmaps.overlap.resampling import null_p
from relmaps.overlap.scoring_space import ScoringSpace, Specification


def permuted_table(
    maps: dict[str, dict[str, np.ndarray]],
    scoring_space: ScoringSpace,
    primary: Specification,
    compute_null: Callable[[np.ndarray], np.ndarray] | None = None,
) -> pd.DataFrame:
    """Scores of each permutation's maps in the primary analysis.

    maps : permutation -> map -> (n_voxels,). null_p_labels : p of a score among those of the other permutations, which
    is uniform if nothing distinguishes them. null_p_spatial : p under the map's own spatial null model; a null that
    holds for maps of trained networks makes it uniform, too. compute_null : map -> (n, n_references, n_curve_metrics)
    of that null, for CURVE_METRICS; other metrics have none.
    """
    scorer = scoring_space.scorer(primary)
    rows = [
        {"permutation": permutation, "map": name, "reference": reference.name, "metric": metric, "value": value}
        for permutation, of_permutation in maps.items()
        for name, values in of_permutation.items()
        for reference, scores in zip(scoring_space.references, scorer(values), strict=True)
        for metric, value in zip(METRICS, scores, strict=True)
    ]
    table = pd.DataFrame(rows)
    table["null_p_spatial"] = np.nan
    if compute_null is not None:
        table["null_p_spatial"] = _spatial_p(table, maps, scoring_space, compute_null)
    for (_, _, metric), values in table.groupby(["map", "reference", "metric"])["value"]:
        table.loc[values.index, "null_p_labels"] = _among_the_others(values, METRICS[metric])
    return table


def _spatial_p(table: pd.DataFrame, maps: dict, scoring_space: ScoringSpace, compute_null: Callable) -> list[float]:
    """In the order of the table's rows, which are by permutation, map, reference and metric."""
    values = iter(table["value"])
    found = []
    for of_permutation in maps.values():
        for of_map in progress(list(of_permutation.values()), "spatial null model of a map"):
            null = compute_null(of_map)
            for place in range(len(scoring_space.references)):
                for name, metric in METRICS.items():
                    value = next(values)
                    column = null[:, place, list(CURVE_METRICS).index(name)] if name in CURVE_METRICS else np.array([])
                    found.append(null_p(value, column, metric))
    return found


def _among_the_others(values: pd.Series, metric: Metric) -> list[float]:
    array = values.to_numpy(dtype=float)
    return [null_p(value, np.delete(array, place), metric) for place, value in enumerate(array)]
