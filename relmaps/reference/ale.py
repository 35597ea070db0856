"""Activation likelihood estimation of reported foci, always computed and thresholded at 2 mm."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import nibabel as nib
import numpy as np
from nilearn.datasets import load_mni152_brain_mask
from nimare.correct import FDRCorrector, FWECorrector
from nimare.meta.cbma.ale import ALE
from nimare.results import MetaResult
from nimare.studyset import Studyset
from scipy.spatial import KDTree

from relmaps.reference.sleuth import Experiment

log = logging.getLogger("relmaps")

RESOLUTION_MM = 2
ASTRAY_MM = 10  # outside the brain mask: more than rounding, another template or an affine registration explains
FDR_SWEEP, P_SWEEP = (0.05, 0.01), (0.001,)  # beside the primary analysis; fixed beforehand
# Correction -> what it counts, and NiMARE's name of its map.
FWE_MAPS = {"voxel_fwe": ("voxel", "logp_level-voxel"), "cluster_fwe": ("cluster", "logp_desc-size_level-cluster")}


@dataclass(frozen=True)
class Correction:
    """How an ALE map is thresholded.

    method : fdr (Benjamini and Hochberg 1995), voxel_fwe or cluster_fwe (size of clusters of faces that touch; Eickhoff
    et al. 2012), the latter two by a Monte Carlo null. alpha : rate of errors. cluster_forming_p : uncorrected p below
    which voxels make a cluster. iterations, seed : of the null, whose foci are drawn anew where the template's grey
    matter is above .1. cores : that draw it at once; its values do not depend on them. minimum_cluster_voxels :
    clusters of fewer significant 2 mm voxels are left out.
    """

    method: str = "fdr"
    alpha: float = 0.05
    cluster_forming_p: float = 0.001
    iterations: int = 5000
    minimum_cluster_voxels: int = 0
    seed: int = 0
    cores: int = 1

    @property
    def label(self) -> str:
        return f"{self.method}_{self.alpha:g}"


@dataclass(frozen=True, eq=False)
class Ale:
    """statistic : on nilearn's 2 mm MNI152 grid, 0 outside the brain. significant : by label, the primary analysis
    first, (x, y, z) bool on that grid and what the label means. n_astray : foci that lie farther than ASTRAY_MM from
    the brain mask."""

    statistic: nib.Nifti1Image
    significant: dict[str, tuple[np.ndarray, str]]
    n_astray: int = 0


def estimate_ale(experiments: list[Experiment], correction: Correction) -> Ale:
    """ALE statistic and where it is significant, by the correction asked for and by the others.

    The width of each focus follows from its sample size (Eickhoff et al. 2009); uncorrected p comes from the analytic
    null of Eickhoff et al. 2012. Each experiment counts once; experiments of the same subjects should be merged in the
    foci file (Turkeltaub et al. 2012).
    """
    mask = brain_mask()
    inside = mask.get_fdata() > 0
    studyset = Studyset(_nimads(experiments), target="mni152_2mm", mask=mask)
    n_astray = _count_astray(studyset.coordinates[["x", "y", "z"]].to_numpy(float), mask)
    estimator = ALE(mask=mask, null_method="approximate", mask_coverage="gm", random_state=correction.seed)
    result = estimator.fit(studyset)
    significant: dict[str, tuple[np.ndarray, str]] = {}
    for name, voxels, meaning in _significance(result, correction):
        volume = np.zeros(mask.shape, dtype=bool)
        volume[inside] = voxels
        significant.setdefault(name, (volume, meaning))
    return Ale(result.get_map("stat"), significant, n_astray)


@cache
def brain_mask() -> nib.Nifti1Image:
    """The brain of nilearn's MNI152 template at 2 mm."""
    return load_mni152_brain_mask(resolution=RESOLUTION_MM)


def _significance(result: MetaResult, correction: Correction) -> Iterator[tuple[str, np.ndarray, str]]:
    """Label, (n_voxels,) bool and meaning of each threshold; the primary analysis comes first and may come again."""
    rates = list(FDR_SWEEP)
    if correction.method == "fdr":
        rates.insert(0, correction.alpha)
    else:
        corrector = FWECorrector(
            method="montecarlo",
            n_iters=correction.iterations,
            n_cores=correction.cores,
            voxel_thresh=correction.cluster_forming_p,
        )
        maps = corrector.transform(result).maps
        for method in sorted(FWE_MAPS, key=lambda method: method != correction.method):
            counted, name = FWE_MAPS[method]
            log_p = maps[f"{name}_corr-FWE_method-montecarlo"]
            meaning = f"{counted}-wise family error rate of {correction.alpha:g}, {correction.iterations} iterations"
            if method == "cluster_fwe":
                meaning += f", clusters formed at p < {correction.cluster_forming_p:g}"
            # float32 logarithms: 1e-5 is below the step of p that any feasible number of draws can make
            yield f"{method}_{correction.alpha:g}", log_p >= -np.log10(correction.alpha) - 1e-5, meaning
    q = FDRCorrector(method="indep").transform(result).maps["p_corr-FDR_method-indep"]
    for rate in rates:
        yield f"fdr_{rate:g}", q <= rate, f"false discovery rate of {rate:g}"
    for p in P_SWEEP:
        yield f"p_{p:g}", result.maps["p"] <= p, f"uncorrected p of {p:g}"


def _nimads(experiments: list[Experiment]) -> dict:
    """The experiments in NiMARE's studyset format; it converts Talairach foci (inverse icbm2tal, Lancaster 2007)."""
    return {
        "id": "foci",
        "name": "foci",
        "studies": [
            {
                "id": str(number),
                "name": experiment.name,
                "authors": "",
                "publication": "",
                "metadata": {},
                "analyses": [
                    {
                        "id": "1",
                        "name": "1",
                        "conditions": [],
                        "weights": [],
                        "images": [],
                        "metadata": {"sample_sizes": [experiment.subjects]},
                        "points": [
                            {"coordinates": focus, "space": experiment.space, "values": []}
                            for focus in experiment.foci.tolist()
                        ],
                    }
                ],
            }
            for number, experiment in enumerate(experiments, 1)
        ],
    }


def _count_astray(foci: np.ndarray, mask: nib.Nifti1Image) -> int:
    """How many foci, (n, 3) in mm of MNI space, lie farther than ASTRAY_MM from the mask; all outside are logged."""
    brain = mask.get_fdata() > 0
    indices = np.rint(nib.affines.apply_affine(np.linalg.inv(mask.affine), foci)).astype(int)
    on_grid = ((indices >= 0) & (indices < mask.shape)).all(axis=1)
    inside = np.zeros(len(foci), dtype=bool)
    inside[on_grid] = brain[tuple(indices[on_grid].T)]
    log.info("%d of %d foci lie outside the 2 mm brain mask", (~inside).sum(), len(foci))
    centres = nib.affines.apply_affine(mask.affine, np.argwhere(brain))
    distances, _ = KDTree(centres).query(foci[~inside])
    return int((distances > ASTRAY_MM).sum())
