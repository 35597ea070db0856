"""Activation likelihood estimation of reported foci, always computed and thresholded at 2 mm.

The null distribution depends on the grid. So the statistic is thresholded where it was computed, then resampled
linearly to the study's grid, where the same value is applied.
"""

import logging

import nibabel as nib
import numpy as np
from nilearn.datasets import load_mni152_brain_mask
from nimare.correct import FDRCorrector
from nimare.meta.cbma.ale import ALE
from nimare.studyset import Studyset
from scipy import ndimage

from relmaps.images import Grid
from relmaps.reference.reference import Reference
from relmaps.reference.resample import resample
from relmaps.reference.sleuth import Experiment

log = logging.getLogger("relmaps")

RESOLUTION_MM = 2


def ale_reference(
    experiments: list[Experiment], source: str, fdr: float, minimum_cluster_voxels: int, grid: Grid, brain: np.ndarray
) -> Reference:
    """The ALE map of the experiments and where it is significant, on the study's grid.

    fdr : false discovery rate over the 2 mm brain. minimum_cluster_voxels : clusters of fewer significant 2 mm voxels
    (faces touching) are left out of the mask. brain : (nx, ny, nz) bool. If nothing survives, the mask is empty and the
    note says so: a lower threshold would be another question.
    """
    statistic, significant = estimate_ale(experiments, fdr)
    data = statistic.get_fdata(dtype=np.float32)
    threshold = float(data[significant].min()) if significant.any() else None
    kept = without_small_clusters(significant, minimum_cluster_voxels)
    resampled = resample(statistic, grid)
    mask = np.zeros(grid.shape, dtype=bool)
    if threshold is not None:
        without_dropped = nib.Nifti1Image(np.where(significant & ~kept, 0, data), statistic.affine)
        mask = (resample(without_dropped, grid) >= threshold) & brain
    note = _note(significant, kept, mask, fdr, minimum_cluster_voxels)
    log.info("%d experiments, %d foci. %s", len(experiments), sum(len(e.foci) for e in experiments), note)
    return Reference(
        map=resampled,
        mask=mask,
        kind="meta_analysis",
        source=source,
        units="ALE value",
        threshold=threshold,
        n_studies=len(experiments),
        n_foci=sum(len(experiment.foci) for experiment in experiments),
        note=note,
    )


def estimate_ale(experiments: list[Experiment], fdr: float) -> tuple[nib.Nifti1Image, np.ndarray]:
    """ALE statistic and where it is significant, both on nilearn's 2 mm MNI152 brain mask's grid.

    The width of each focus follows from its sample size (Eickhoff et al. 2009); the null distribution is the analytic
    one of Eickhoff et al. 2012, corrected for false discoveries after Benjamini and Hochberg 1995. Nothing is random.
    Each experiment counts once; experiments of the same subjects should be merged in the foci file (Turkeltaub 2012).

    Returns the statistic image (zero outside the brain) and a bool array of its shape.
    """
    mask = load_mni152_brain_mask(resolution=RESOLUTION_MM)
    studyset = Studyset(_nimads(experiments), target="mni152_2mm", mask=mask)
    _count_outside(studyset.coordinates[["x", "y", "z"]].to_numpy(float), mask)
    result = ALE(mask=mask, null_method="approximate", random_state=0).fit(studyset)
    corrected = FDRCorrector(method="indep", alpha=fdr).transform(result)
    significant = np.zeros(mask.shape, dtype=bool)
    significant[mask.get_fdata() > 0] = corrected.maps["p_corr-FDR_method-indep"] <= fdr
    return corrected.get_map("stat"), significant


def without_small_clusters(significant: np.ndarray, minimum_voxels: int) -> np.ndarray:
    """(x, y, z) bool without the clusters (faces touching) of fewer than `minimum_voxels` voxels."""
    labels, _ = ndimage.label(significant)
    sizes = np.bincount(labels.ravel())
    return significant & (sizes[labels] >= minimum_voxels)


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


def _count_outside(foci: np.ndarray, mask: nib.Nifti1Image) -> None:
    indices = np.rint(nib.affines.apply_affine(np.linalg.inv(mask.affine), foci)).astype(int)
    on_grid = ((indices >= 0) & (indices < mask.shape)).all(axis=1)
    inside = np.zeros(len(foci), dtype=bool)
    inside[on_grid] = mask.get_fdata()[tuple(indices[on_grid].T)] > 0
    log.info("%d of %d foci lie outside the 2 mm brain mask", (~inside).sum(), len(foci))


def _note(significant: np.ndarray, kept: np.ndarray, mask: np.ndarray, fdr: float, minimum: int) -> str:
    if not significant.any():
        return f"Nothing survives a false discovery rate of {fdr:g}: the mask is empty, scores against it are n/a."
    if not kept.any():
        return f"No cluster has {minimum} voxels of {RESOLUTION_MM} mm: the mask is empty, scores against it are n/a."
    if not mask.any():
        return "What survives is too small for the study's grid: the mask is empty, scores against it are n/a."
    return f"{kept.sum()} voxels of {RESOLUTION_MM} mm at a false discovery rate of {fdr:g}, resampled linearly."
