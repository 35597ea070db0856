"""How often bootstrap intervals cover the score without noise: python -m benchmarks.coverage [--studies 150].

Subjects' maps are a population map plus independent smooth noise; the quantity is the primary analysis score of the
population map, which no finite cohort has. Prints, for each kind of map, cohort and metric, how reliable the group map
is, by how much its score falls short, and the share of 95 % intervals that cover the quantity: the study's, and those
that take percentiles of resampled subjects, or turn them round at the estimate (basic).
"""

import argparse
from itertools import product
from multiprocessing import Pool
from types import SimpleNamespace

import numpy as np
import pandas as pd
from scipy import ndimage

from relmaps.overlap.bootstrap import bootstrap_map
from relmaps.overlap.metrics import METRICS
from relmaps.overlap.resampling import interval
from relmaps.overlap.scoring_space import ScoringSpace, Specification
from relmaps.reference.reference import ReferenceMask
from relmaps.space.grid import Grid

STUDIES, DRAWS = 150, 200
SHAPE, VOXEL_MM = (24, 28, 24), 6.0
AFFINE = np.array([[VOXEL_MM, 0, 0, -69], [0, VOXEL_MM, 0, -81], [0, 0, VOXEL_MM, -69], [0, 0, 0, 1]])
SIGNAL = {"clear": 3.0, "middling": 1.5}  # peak in the reference, in standard deviations of the rest of the map
NOISE = (1.0, 3.0, 6.0)  # of one subject, in the same unit
SUBJECTS = (20, 80)
SHOWN = ("dice", "roc_auc", "average_precision")
PRIMARY = Specification("abs", 8, "brain")


class MeanMap(SimpleNamespace):
    """The mean of subjects' maps as a function of their weights, as relmaps.relevance.group.GroupMap is."""

    def __call__(self, weights: np.ndarray) -> np.ndarray:
        return (weights @ self.maps / weights.sum(axis=1, keepdims=True)).astype(np.float32)

    def published(self) -> np.ndarray:
        return self(np.ones((1, len(self.maps))))[0]


def small_scoring_space() -> ScoringSpace:
    """An ellipsoid of 6 mm voxels with a ball on either side for a reference."""
    x, y, z = Grid(SHAPE, AFFINE, "simulated").coordinates()
    brain = (x / 66) ** 2 + (y / 78) ** 2 + (z / 66) ** 2 < 1
    balls = (np.abs(x) - 30) ** 2 + (y + 6) ** 2 + (z + 24) ** 2 < 14**2
    reference = ReferenceMask("reference", balls & brain, "truth", None)
    return ScoringSpace(Grid(SHAPE, AFFINE, "simulated"), {"brain": brain, "gm": brain}, [reference])


def smooth(volumes: np.ndarray, fwhm: float) -> np.ndarray:
    sigma = fwhm / np.sqrt(8 * np.log(2)) / VOXEL_MM
    return ndimage.gaussian_filter(volumes, [0] * (volumes.ndim - 3) + [sigma] * 3)


def population(scoring_space: ScoringSpace, peak: float, rng: np.random.Generator) -> np.ndarray:
    """(n_voxels,) smooth background of spread 1/2 with a smooth peak in the reference."""
    background = smooth(rng.standard_normal(SHAPE), 20)[scoring_space.brain]
    signal = smooth(scoring_space.references[0].mask.astype(float), 10)[scoring_space.brain]
    return 0.5 * background / background.std() + peak * 0.5 * signal / signal.max()


def studies(setting: tuple) -> list[dict]:
    """One row per study and metric."""
    kind, noise, n, n_studies, seed = setting
    scoring_space, rng = small_scoring_space(), np.random.default_rng(seed)
    metrics = {name: METRICS[name] for name in SHOWN}
    scorer = scoring_space.scorer(PRIMARY, metrics.values())
    rows = []
    for _ in range(n_studies):
        quiet = population(scoring_space, SIGNAL[kind], rng)
        noisy = smooth(rng.standard_normal((n, *SHAPE)), 10)[:, scoring_space.brain]
        group_map = MeanMap(name="mean", subject_based=True, maps=quiet + noise * 0.5 * noisy / noisy.std())
        weights = rng.multinomial(n, np.full(n, 1 / n), size=DRAWS)
        samples = bootstrap_map(group_map, weights, scoring_space, PRIMARY, metrics)
        plain = np.array([scorer(values)[0] for values in group_map(weights)])
        target, estimate = scorer(quiet.astype(np.float32))[0], scorer(group_map.published())[0]
        for column, name in enumerate(SHOWN):
            percentile = interval(plain[:, column], 0.95)
            ends = {"ours": interval(samples.of("reference", name), 0.95), "percentile": percentile}
            ends["basic"] = 2 * estimate[column] - percentile[::-1]
            covered = {which: float(low <= target[column] <= high) for which, (low, high) in ends.items()}
            rows.append(
                {"map": kind, "noise": noise, "subjects": n, "metric": name, "reliability": samples.reliability}
                | {"shortfall": target[column] - estimate[column], "width": np.diff(ends["ours"])[0]}
                | covered
            )
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--studies", type=int, default=STUDIES)
    n_studies = parser.parse_args().studies
    settings = [(*setting, n_studies, seed) for seed, setting in enumerate(product(SIGNAL, NOISE, SUBJECTS))]
    with Pool(2) as pool:
        rows = [row for of_setting in pool.imap(studies, settings) for row in of_setting]
    table = pd.DataFrame(rows).groupby(["map", "noise", "subjects", "metric"], sort=False).mean()
    print(table.round(3).reset_index().to_string(index=False))
    trusted = table[table["reliability"] >= 0.5]
    print(f"\nmean coverage where at least half of the map's variance is signal ({len(trusted)} rows):")
    print(trusted[["ours", "basic", "percentile"]].mean().round(3).to_string())


if __name__ == "__main__":
    main()
