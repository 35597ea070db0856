"""How often the bootstrap interval of an AUC covers the truth: python -m benchmarks.coverage.

Subjects' maps are a population map plus independent noise; the quantity is the AUC of the population map's absolute
value. Prints the share of intervals that cover it (nominal .95), for the basic interval that the study uses and the
percentile interval.
"""

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from relmaps.overlap.resampling import basic_interval

VOXELS, STUDIES, DRAWS, TRUE_VOXELS = 300, 200, 200, 60


def auc(maps: np.ndarray) -> np.ndarray:
    """(n,) AUC of each of (n, VOXELS) maps against the first TRUE_VOXELS voxels, which carry more signal."""
    ranks = rankdata(np.abs(maps), axis=1)[:, :TRUE_VOXELS].sum(axis=1)
    return (ranks - TRUE_VOXELS * (TRUE_VOXELS + 1) / 2) / (TRUE_VOXELS * (VOXELS - TRUE_VOXELS))


def coverage(subjects: int, noise: float, rng: np.random.Generator) -> dict[str, float]:
    signal = 0.3 * rng.standard_normal(VOXELS)
    signal[:TRUE_VOXELS] += 0.5
    target = auc(signal[None])[0]
    covered = {"basic": 0, "percentile": 0}
    for _ in range(STUDIES):
        maps = signal + noise * rng.standard_normal((subjects, VOXELS))
        weights = rng.multinomial(subjects, np.full(subjects, 1 / subjects), size=DRAWS) / subjects
        estimate, draws = auc(maps.mean(axis=0, keepdims=True))[0], auc(weights @ maps)
        low, high = basic_interval(estimate, draws, 0.95, (0, 1))
        covered["basic"] += low <= target <= high
        low, high = np.quantile(draws, [0.025, 0.975])
        covered["percentile"] += low <= target <= high
    return {name: count / STUDIES for name, count in covered.items()}


if __name__ == "__main__":
    rng = np.random.default_rng(0)
    rows = [
        {"subjects": subjects, "noise": noise} | coverage(subjects, noise, rng)
        for subjects in (20, 40, 80)
        for noise in (0.5, 1.0, 2.0)
    ]
    print(pd.DataFrame(rows).to_string(index=False))
