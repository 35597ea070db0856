"""Whether p of the spatial null model is uniform for maps that know nothing: python -m benchmarks.null_calibration.

Maps are noise smoothed in space by scipy.ndimage, which the surrogate fields do not use: its FWHM is drawn for each map
and differs between the front and the back of the brain (blended), is the same everywhere (stationary), or is wide
(smooth). Each is scored inside the grey matter mask of the packaged template, on a 4 mm grid, against two ellipsoids in
the medial temporal lobes. Prints for each kind of map, seed, specification and metric the p of a Kolmogorov-Smirnov
test against the uniform distribution, and the share of p <= .05, which should be .05. Equal scores, such as a Dice of 0
where no voxel is hit, count against a map, so that its p is too large; "split" is of p with ties broken by a lot.
"""

import argparse
from functools import cache
from multiprocessing import Pool

import numpy as np
import pandas as pd
from scipy import ndimage, stats

from relmaps.overlap.map_transform import FWHM_PER_SIGMA
from relmaps.overlap.metrics import METRICS
from relmaps.overlap.resampling import null_p
from relmaps.overlap.scoring_space import ScoringSpace, Specification
from relmaps.overlap.spatial import Components, SurrogateFields
from relmaps.preprocess.template import make_template
from relmaps.reference.reference import ReferenceMask
from relmaps.space.mni152 import study_grid
from relmaps.space.template import packaged

VOXEL_MM = 4.0
CELLS = {"primary": Specification("abs", 8, "gm"), "raw": Specification("signed", 0, "gm")}
SHOWN = {name: METRICS[name] for name in ("roc_auc", "dice")}
SETTINGS = [("blended", 0), ("blended", 1), ("blended", 2), ("stationary", 0), ("smooth", 0)]
FWHM_MM = {"blended": (6, 16), "stationary": (6, 16), "smooth": (30, 30)}  # drawn between
PAD = 16  # voxels beyond the grid on every side: more than four sigma of the widest, so that no edge shows


def medial_temporal() -> ScoringSpace:
    grid = study_grid(VOXEL_MM)
    images = make_template(grid, packaged())
    x, y, z = grid.coordinates()
    ellipsoids = ((np.abs(x) - 26) / 10) ** 2 + ((y + 20) / 18) ** 2 + ((z + 16) / 10) ** 2 < 1
    masks = {"brain": images["brain_mask"], "gm": images["gm_mask"]}
    return ScoringSpace(grid, masks, [ReferenceMask("medial temporal", ellipsoids & masks["brain"], "truth", None)])


@cache
def prepared() -> tuple:
    """What all maps share, once per process."""
    scoring_space = medial_temporal()
    scorers = {name: scoring_space.scorer(specification, SHOWN.values()) for name, specification in CELLS.items()}
    return scoring_space, scorers, Components(scoring_space.brain, scoring_space.grid.voxel_mm)


def uninformed(scoring_space: ScoringSpace, kind: str, rng: np.random.Generator) -> np.ndarray:
    """(n_voxels,) noise of variance 1; from front to back, one smoothing turns into another."""
    fwhm = rng.uniform(*FWHM_MM[kind], size=2)
    if kind != "blended":
        fwhm[1] = fwhm[0]
    white = rng.standard_normal(np.add(scoring_space.grid.shape, 2 * PAD))
    inner = (slice(PAD, -PAD),) * 3
    front, back = (
        ndimage.gaussian_filter(white, mm / FWHM_PER_SIGMA / VOXEL_MM)[inner][scoring_space.brain] for mm in fwhm
    )
    y = np.nonzero(scoring_space.brain)[1]
    share = (y - y.min()) / np.ptp(y)
    mixed = share * front / front.std() + (1 - share) * back / back.std()
    together = (2 * fwhm[0] * fwhm[1] / (fwhm**2).sum()) ** 1.5  # correlation of one white noise smoothed in two ways
    return mixed / np.sqrt(share**2 + (1 - share) ** 2 + 2 * share * (1 - share) * together)


def p_values(task: tuple) -> list[dict]:
    """One row per specification and metric, of one map; all specifications share the same fields."""
    kind, seed, number, n_surrogates = task
    scoring_space, scorers, components = prepared()
    rng = np.random.default_rng([seed, number, [*FWHM_MM].index(kind)])
    values = uninformed(scoring_space, kind, rng)
    fields = SurrogateFields(values, components)
    drawn = [fields(rng) for _ in range(n_surrogates)]
    rows = []
    for specification, scorer in scorers.items():
        observed, null = scorer(values)[0], np.array([scorer(field)[0] for field in drawn])
        for column, (name, metric) in enumerate(SHOWN.items()):
            p = null_p(observed[column], null[:, column], metric)
            equal = (null[:, column] == observed[column]).sum()
            split = p - rng.random() * (1 + equal) / (1 + n_surrogates)
            rows.append({"specification": specification, "metric": name, "p": p, "split": split})
    return rows


def summary(of: pd.DataFrame) -> dict:
    found = {"maps": len(of)}
    for suffix, column in (("", "p"), ("_split", "split")):
        found[f"ks_p{suffix}"] = stats.kstest(of[column], "uniform").pvalue
        found[f"false_positives{suffix}"] = (of[column] <= 0.05).mean()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--maps", type=int, default=500, help="of each kind and seed")
    parser.add_argument("--surrogates", type=int, default=99, help="1 less than a multiple of 20, so that p can be .05")
    options = parser.parse_args()
    with Pool(2) as pool:
        for kind, seed in SETTINGS:
            tasks = [(kind, seed, number, options.surrogates) for number in range(options.maps)]
            rows = pd.DataFrame([row for of_map in pool.imap_unordered(p_values, tasks, 10) for row in of_map])
            for (specification, metric), of in rows.groupby(["specification", "metric"], sort=False):
                values = "  ".join(f"{name} {value:.3g}" for name, value in summary(of).items())
                print(f"{kind}, seed {seed}, {specification}, {metric}: {values}", flush=True)


if __name__ == "__main__":
    main()
