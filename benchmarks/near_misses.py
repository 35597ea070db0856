"""What metrics make of maps that miss a reference by a little or by far: python -m benchmarks.near_misses

The reference: two ellipsoids in the medial temporal lobes, on a 4 mm grid of the packaged template. The maps: smooth
bumps on it, moved, with a blob elsewhere, or with noise. Sliced Wasserstein distance, which relmaps does not have: the
mean over nine directions of the distance between positive values and reference. Last, the AUC of the template's grey
matter probability, and its tissue-adjusted AUC.
"""

import numpy as np
from scipy.stats import wasserstein_distance

from benchmarks.null_calibration import VOXEL_MM, medial_temporal
from relmaps.overlap.metrics import METRICS, score
from relmaps.overlap.scoring_space import Specification
from relmaps.overlap.target import Target, target_of, tissue_strata
from relmaps.preprocess.template import make_template
from relmaps.space.mni152 import study_grid
from relmaps.space.template import packaged

SHOWN = ("dice", "centre_distance_mm", "hausdorff_95_mm", "average_distance_mm")
DIRECTIONS = np.array(
    [(1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 0), (1, -1, 0), (1, 0, 1), (1, 0, -1), (0, 1, 1), (0, 1, -1)], float
)


def make_bumps(coordinates: np.ndarray, outwards_mm: float = 0, forward_mm: float = 0) -> np.ndarray:
    """(n,) a bump on either side. coordinates : (3, n) mm."""
    x, y, z = coordinates
    ellipsoid = ((np.abs(x) - 26 - outwards_mm) / 10) ** 2 + ((y + 20 - forward_mm) / 18) ** 2 + ((z + 16) / 10) ** 2
    return np.exp(-ellipsoid / 2)


def add_blob(bumps: np.ndarray, coordinates: np.ndarray, n_voxels: int) -> np.ndarray:
    """The bumps with the `n_voxels` that are nearest to a frontal place above all of them."""
    distance = np.linalg.norm(coordinates - np.array([[0], [50], [20]]), axis=0)
    return bumps + 10 * (distance <= np.sort(distance)[n_voxels])


def sliced_wasserstein(values: np.ndarray, target: Target) -> float:
    directions = DIRECTIONS / np.linalg.norm(DIRECTIONS, axis=1, keepdims=True)
    weights = np.maximum(values, 0)
    return float(
        np.mean(
            [
                wasserstein_distance(target.positions @ way, target.positions[target.inside] @ way, weights)
                for way in directions
            ]
        )
    )


def main() -> None:
    space = medial_temporal()
    coordinates = space.grid.coordinates()[:, space.brain]
    (target,) = space.scorer(Specification("signed", 0, "brain")).targets
    rng = np.random.default_rng(0)
    background = 0.1 * np.abs(rng.standard_normal(coordinates.shape[1]))
    bumps = make_bumps(coordinates)
    maps = {"the reference, smooth": bumps}
    maps |= {f"forward by {mm} mm": make_bumps(coordinates, forward_mm=mm) for mm in (8, 32)}
    maps |= {f"outwards by {mm} mm": make_bumps(coordinates, outwards_mm=mm) for mm in (8, 24)}
    maps |= {
        f"{100 * share:g} % in a frontal blob": add_blob(bumps, coordinates, int(share * target.size))
        for share in (0.04, 0.06, 0.25)
    }
    maps["forward by 8 mm, background"] = make_bumps(coordinates, forward_mm=8) + background
    maps["noise alone"] = np.abs(rng.standard_normal(coordinates.shape[1]))
    print(
        f"{target.size} voxels\n{'map':30}{'Dice':>8}{'centres':>10}{'Hausdorff':>11}{'average':>9}{'Wasserstein':>13}"
    )
    for name, values in maps.items():
        dice, *distances = score(values.astype(np.float32), [target], [METRICS[metric] for metric in SHOWN])[0]
        distances.append(sliced_wasserstein(values, target))
        print(f"{name:30}{dice:8.2f}{distances[0]:10.1f}{distances[1]:11.1f}{distances[2]:9.1f}{distances[3]:13.1f}")
    gm = make_template(study_grid(VOXEL_MM), packaged())["GM_probseg"]
    (reference,) = space.references
    adjusted = target_of(reference.mask, space.brain, space.grid, strata=tissue_strata(gm[space.brain]))
    metrics = [METRICS["roc_auc"], METRICS["tissue_adjusted_auc"]]
    auc, tissue = score(gm[space.brain].astype(np.float32), [adjusted], metrics)[0]
    print(f"grey matter probability: ROC AUC {auc:.3f}, tissue-adjusted {tissue:.3f}")


if __name__ == "__main__":
    main()
