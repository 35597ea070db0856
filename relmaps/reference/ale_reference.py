"""The ALE of reported foci as a reference on the study's grid.

The null distribution depends on the grid. So the statistic is thresholded where it was computed, at 2 mm, then
resampled linearly to the study's grid, where the same value is applied.
"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace

import nibabel as nib
import numpy as np
from scipy import ndimage

from relmaps.reference.ale import ASTRAY_MM, RESOLUTION_MM, Ale, Correction, brain_mask, estimate_ale
from relmaps.reference.reference import Reference, Thresholded
from relmaps.reference.sleuth import Experiment
from relmaps.space.grid import Grid
from relmaps.space.resample import resample

log = logging.getLogger("relmaps")

FEW = 17  # experiments below which one of them can carry a result alone: Eickhoff et al. 2016
PERCENTILES = (95, 99)  # of the other thresholds; fixed beforehand


def ale_reference(
    experiments: list[Experiment],
    source: str,
    correction: Correction,
    grid: Grid,
    brain: np.ndarray,
    *,
    kind: str = "meta_analysis",
    label: str = "",
    sample_sizes: Sequence[int] = (),
    remarks: Sequence[str] = (),
) -> Reference:
    """The ALE map of the experiments and where it is significant, on the study's grid.

    brain : (nx, ny, nz) bool. sample_sizes : sizes that all experiments are given in turn, for thresholds of their own
    at the primary's threshold. remarks : further sentences of the note. If nothing survives, the mask is empty and the
    note says so: a lower threshold would be another question.
    """
    ale = estimate_ale(experiments, correction)
    resampled = resample(ale.statistic, grid)
    thresholds = [_thresholded(name, ale, resampled, correction, grid, brain) for name in ale.significant]
    thresholds += _percentile_thresholds(ale.statistic, resampled, brain)
    for size in sample_sizes:
        same = all(experiment.subjects == size for experiment in experiments)
        resized = [replace(experiment, subjects=size) for experiment in experiments]
        other = ale if same else estimate_ale(resized, correction)
        thresholded = _thresholded(correction.label, other, resample(other.statistic, grid), correction, grid, brain)
        words = f"{thresholded.meaning}, as if every experiment had {size} subjects"
        thresholds.append(replace(thresholded, label=f"{thresholded.label}_n{size}", meaning=words))
    n_foci = sum(len(experiment.foci) for experiment in experiments)
    note = _note(ale.significant[correction.label][0], thresholds[0], correction, len(experiments))
    if ale.n_astray:
        note += f" {ale.n_astray} of {n_foci} foci lie more than {ASTRAY_MM} mm outside the brain; check their space."
    note = " ".join([note, *remarks])
    log.info("%d experiments, %d foci. %s", len(experiments), n_foci, note)
    return Reference(
        map=resampled,
        mask=thresholds[0].mask,
        kind=kind,
        source=source,
        units="ALE value",
        threshold=thresholds[0].threshold,
        n_studies=len(experiments),
        n_foci=n_foci,
        note=note,
        label=label,
        thresholds=thresholds,
    )


def without_small_clusters(significant: np.ndarray, minimum_voxels: int) -> np.ndarray:
    """(x, y, z) bool without the clusters (faces touching) of fewer than `minimum_voxels` voxels."""
    labels, _ = ndimage.label(significant)
    sizes = np.bincount(labels.ravel())
    return significant & (sizes[labels] >= minimum_voxels)


def _thresholded(
    name: str, ale: Ale, resampled: np.ndarray, correction: Correction, grid: Grid, brain: np.ndarray
) -> Thresholded:
    """One threshold, brought to the study's grid; what reaches its value at 2 mm without being kept is taken out."""
    significant, meaning = ale.significant[name]
    if not significant.any():
        return Thresholded(name, np.zeros(grid.shape, dtype=bool), None, meaning)
    data = ale.statistic.get_fdata(dtype=np.float32)
    threshold = float(data[significant].min())
    dropped = (data >= threshold) & ~without_small_clusters(significant, correction.minimum_cluster_voxels)
    if dropped.any():
        resampled = resample(nib.Nifti1Image(np.where(dropped, 0, data), ale.statistic.affine), grid)
    return Thresholded(name, (resampled >= threshold) & brain, threshold, meaning)


def _percentile_thresholds(
    statistic: nib.Nifti1Image, resampled: np.ndarray, brain: np.ndarray
) -> Iterator[Thresholded]:
    """ALE is a monotonic function of z: these are percentiles of either."""
    inside = brain_mask().get_fdata() > 0
    for percentile in PERCENTILES:
        value = float(np.percentile(statistic.get_fdata(dtype=np.float32)[inside], percentile))
        meaning = f"values above the {percentile}th percentile of the {RESOLUTION_MM} mm brain"
        yield Thresholded(f"percentile_{percentile}", (resampled > value) & brain, value, meaning)


def _note(significant: np.ndarray, thresholded: Thresholded, correction: Correction, n_experiments: int) -> str:
    minimum = correction.minimum_cluster_voxels
    kept = without_small_clusters(significant, minimum).sum()
    if not significant.any():
        note = f"Nothing survives a {thresholded.meaning}: the mask is empty, scores against it are n/a."
    elif not kept:
        note = f"No cluster has {minimum} voxels of {RESOLUTION_MM} mm: the mask is empty, scores against it are n/a."
    elif not thresholded.mask.any():
        note = "What survives is too small for the study's grid: the mask is empty, scores against it are n/a."
    else:
        note = f"{kept} voxels of {RESOLUTION_MM} mm at a {thresholded.meaning}, resampled linearly."
    if n_experiments < FEW:
        note += f" {n_experiments} experiments are too few for inference, which takes at least {FEW}."
    return note
