"""permuted.tsv: what maps of models trained on shuffled labels overlap with, and the null that follows from them."""

import numpy as np
import pandas as pd

from relmaps.overlap.arena import Arena, Cell
from relmaps.overlap.metrics import METRICS, Metric


def permuted_table(maps: dict[str, dict[str, np.ndarray]], arena: Arena, headline: Cell) -> pd.DataFrame:
    """Headline scores of each permutation's maps.

    maps : permutation -> map -> (n_voxels,). null_p_labels : p of a score among those of the other permutations, which
    is uniform if nothing distinguishes them.
    """
    scorer = arena.scorer(headline)
    rows = [
        {"permutation": permutation, "map": name, "reference": reference.name, "metric": metric, "value": value}
        for permutation, of_permutation in maps.items()
        for name, values in of_permutation.items()
        for reference, scores in zip(arena.references, scorer(values), strict=True)
        for metric, value in zip(METRICS, scores, strict=True)
    ]
    table = pd.DataFrame(rows)
    for (_, _, metric), values in table.groupby(["map", "reference", "metric"])["value"]:
        table.loc[values.index, "null_p_labels"] = _among_the_others(values, METRICS[metric])
    return table


def null_p(value: float, null: np.ndarray, metric: Metric) -> float:
    """p of a score under a null: (1 + number of null scores at least as good) / (1 + n); NaN without a null.

    Phipson and Smyth 2010, Stat Appl Genet Mol Biol 9:39; the smallest p is 1 / (1 + n).
    """
    null = null[np.isfinite(null)]
    if not null.size or not np.isfinite(value):
        return np.nan
    as_good = null >= value if metric.higher_is_better else null <= value
    return float((1 + as_good.sum()) / (1 + null.size))


def _among_the_others(values: pd.Series, metric: Metric) -> list[float]:
    array = values.to_numpy(dtype=float)
    return [null_p(value, np.delete(array, place), metric) for place, value in enumerate(array)]
