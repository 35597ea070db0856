"""How alike maps are that ought to be alike: those of other seeds, folds and architectures, and of other methods."""

from collections.abc import Mapping
from itertools import combinations

import numpy as np
import pandas as pd

MEASURES = ("pearson", "spearman")


def correlations(maps: np.ndarray) -> dict[str, np.ndarray]:
    """Correlation of each pair of maps over voxels, Pearson's r and Spearman's rho.

    maps : (n, n_voxels). Returns (n, n) per measure; NaN where a map does not vary.
    """
    ranks = pd.DataFrame(maps).rank(axis=1).to_numpy()
    with np.errstate(invalid="ignore", divide="ignore"):
        return {
            "pearson": np.corrcoef(np.asarray(maps, dtype=np.float64)).reshape(len(maps), -1),
            "spearman": np.corrcoef(ranks).reshape(len(maps), -1),
        }


def stability_rows(
    fold_maps: Mapping[tuple[str, str], np.ndarray], seed_maps: Mapping[tuple[str, str], np.ndarray]
) -> pd.DataFrame:
    """How alike the group maps of one heatmap are between networks that differ in one thing.

    fold_maps : (model, fold) -> (n_voxels,), mean over seeds. seed_maps : (model, fold) -> (n_seeds, n_voxels).
    Pairs are seeds of the same model and fold, folds of the same model, and models in the same fold.
    Returns between (seeds, folds, architectures), n_pairs, mean and lowest pearson and spearman; NaN without pairs.
    """
    groups = {
        "seeds": list(seed_maps.values()),
        "folds": _grouped(fold_maps, 0),
        "architectures": _grouped(fold_maps, 1),
    }
    rows = []
    for between, stacks in groups.items():
        pairs: dict[str, list] = {measure: [] for measure in MEASURES}
        for stack in stacks:
            upper = np.triu_indices(len(stack), k=1)
            for measure, matrix in correlations(stack).items():
                pairs[measure] += list(matrix[upper])
        known = {"between": between, "n_pairs": len(pairs["pearson"])}
        for measure, values in pairs.items():
            known |= {measure: np.mean(values or np.nan), f"{measure}_lowest": np.min(values or np.nan)}
        rows.append(known)
    return pd.DataFrame(rows)


def agreement_table(maps: Mapping[str, np.ndarray]) -> pd.DataFrame:
    """Every pair of group maps once: map_a, map_b, pearson, spearman, spearman_absolute.

    maps : name -> (n_voxels,). Positive means evidence in some maps and less grey matter in others, so that the rank
    correlation of absolute values is what compares all of them.
    """
    stack = np.array(list(maps.values()))
    signed, absolute = correlations(stack), correlations(np.abs(stack))
    rows = [
        (*names, signed["pearson"][pair], signed["spearman"][pair], absolute["spearman"][pair])
        for pair, names in zip(combinations(range(len(maps)), 2), combinations(maps, 2), strict=True)
    ]
    return pd.DataFrame(rows, columns=["map_a", "map_b", "pearson", "spearman", "spearman_absolute"])


def _grouped(maps: Mapping[tuple[str, str], np.ndarray], shared: int) -> list[np.ndarray]:
    """Stacks of the maps that share one part of their key."""
    names = dict.fromkeys(key[shared] for key in maps)
    return [np.array([values for key, values in maps.items() if key[shared] == name]) for name in names]
