"""Group maps as functions of subject weights, so that one piece of code makes the published map and its bootstrap.

    group_map = open_group_map("integrated_gradients", subjects=..., brain_mask=..., ...)
    published = group_map.published()      # (n_voxels,) float32
    draws = group_map(weights)             # (n_draws, n_subjects) multiplicities -> (n_draws, n_voxels) float32

Voxels are those of the brain mask in C order; subjects are in the order of subjects.tsv. No torch here: the overlap
stage, which has none, resamples through this door.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from inspect import signature
from pathlib import Path

import numpy as np

from relmaps.catalogue.maps import map_of
from relmaps.io.errors import UserError
from relmaps.io.images import load_grid, read_map, read_mask
from relmaps.io.memmap import open_array
from relmaps.io.tables import read_table
from relmaps.relevance.distance import hippocampus_nearness
from relmaps.relevance.heatmaps import chosen_heatmaps
from relmaps.relevance.linear_maps import AppliedPattern, LinearMap, read_folds, read_gram, read_scores
from relmaps.relevance.meaning import ELSEWHERE, Meaning, meaning_of
from relmaps.relevance.pooling import PooledHeatmaps
from relmaps.relevance.t1_maps import EdgesOfMean, WeightedMean
from relmaps.relevance.vbm import VbmT, design_of


@dataclass(frozen=True, eq=False)
class GroupMap:
    """A group map and what it means.

    name : the map's folder under relevance/. meaning : entries of its sidecar, polarity first.
    model : the network of each fold in the order of the folds, ["svm"], ["logistic"], or "n/a". feature : cohort array,
        or "n/a".
    n_subjects : length of a weight vector. combine : what turns weights into maps.
    subject_based : False if the map does not depend on the study's subjects; its intervals are n/a.
    class_difference : of a linear model's pattern, what gives mean control minus mean disease (n_voxels,).
    completeness_error : of heatmaps, median and largest over the subjects; empty where the method promises nothing.
    """

    name: str
    meaning: Meaning
    model: list[str] | str
    feature: str
    n_subjects: int
    combine: Callable[[np.ndarray], np.ndarray]
    subject_based: bool = True
    class_difference: Callable[[], np.ndarray] | None = None
    completeness_error: dict[str, float] = field(default_factory=dict)

    def __call__(self, weights: np.ndarray) -> np.ndarray:
        """The map of each resampled cohort.

        weights : (n_draws, n_subjects) whole numbers >= 0, how often each subject was drawn. Each class must be drawn
            in each fold, as it is in a bootstrap stratified by fold and label.
        Returns (n_draws, n_voxels) float32, without NaN.
        """
        weights = np.asarray(weights, dtype=float)
        if weights.ndim != 2 or weights.shape[1] != self.n_subjects:
            raise ValueError(f"{self.name}: weights {weights.shape} do not fit {self.n_subjects} subjects")
        return self.combine(weights)

    def published(self) -> np.ndarray:
        """(n_voxels,) float32: the map with every subject counted once, which is the one in group.nii.gz."""
        return self(np.ones((1, self.n_subjects)))[0]

    def sidecar(self, published: np.ndarray) -> dict:
        """The entries of group.json, besides the space. published : (n_voxels,) values of the published map.

        A pattern near 1 in correlation_with_class_mean_difference (Pearson, over the brain) shows the difference of the
        class means and no more: what the classifier has learnt adds nothing to it.
        """
        subjects = self.n_subjects if self.subject_based else 0
        entries = {"map": self.name} | self.meaning._asdict()
        entries |= {"subjects": subjects, "model": self.model, "feature": self.feature}
        if self.class_difference is not None:
            r = np.corrcoef(published, self.class_difference())[0, 1]
            entries["correlation_with_class_mean_difference"] = round(float(r), 6)
        if self.completeness_error:
            entries["completeness_error"] = self.completeness_error
        return entries


def open_group_map(
    name: str,
    *,
    subjects: str | Path,
    brain_mask: str | Path,
    space: str,
    feature: str,
    pooling: str,
    normalisation: str,
    target: str = "true_class",
    rectify: str = "signed",
    array: str | Path | None = None,
    splits: str | Path | None = None,
    gram: str | Path | None = None,
    linear_folds: str | Path | None = None,
    selection: str | Path | None = None,
    subject_maps: Sequence[str | Path] = (),
    subject_tables: Sequence[str | Path] = (),
    template_gm: str | Path | None = None,
    applied_scores: str | Path | None = None,
    applied_weights: Sequence[str | Path] = (),
    imported: str | Path | None = None,
) -> GroupMap:
    """Open the group map `name` from the study's files.

    In a rule, `input: unpack(inputs_of_map)` (workflow/rules/relevance.smk) gives the files that the map in
    `wildcards.map` needs, under these names; those it does not need stay None. `params: feature=feature_of_map` is the
    cohort array behind it.

    subjects, brain_mask : always needed. feature : t1_syn, gm_modulated, or n/a for gm_probability and
        hippocampus_distance.
    space, pooling, normalisation, target : values of the configuration. rectify : key of RECTIFIERS; the published map
        is "signed".
    array : cohort array, for linear models, vbm_t, mean_t1, t1_edges.
    splits, gram, linear_folds : for <estimator>_weights and <estimator>_pattern: the array's Gram matrix, and the table
        with the C of each fold (workflow/scripts/fit_linear.py).
    applied_scores, applied_weights : instead of these three where finished models are applied to subjects of another
        study: their decision values (model, fold, participant_id, score) for <estimator>_pattern, and their negated
        weight maps for <estimator>_weights, which has no subjects then.
    selection, subject_maps, subject_tables : for heatmaps and untrained: the .npy and .tsv of every model and fold, in
        the same order. template_gm : for gm_probability. imported : the group map of a map from elsewhere.
    """
    grid = load_grid(brain_mask, space)
    brain = read_mask(brain_mask, grid)
    table = read_table(subjects, ("participant_id", "label", "age", "sex", "tiv_ml"))
    labels = table["label"].to_numpy()
    model, subject_based, class_difference, error = "n/a", True, None, {}
    record = map_of(name)
    estimator, kind = record.estimator, record.kind
    if imported:
        return GroupMap(name, ELSEWHERE, model, feature, len(table), _fixed(read_map(imported, grid)[brain]), False)
    match name:
        case _ if kind == "weights" and applied_weights:
            model, subject_based = [estimator], False
            combine = _fixed(np.mean([read_map(path, grid)[brain] for path in applied_weights], axis=0))
        case _ if estimator:
            model = [estimator]
            features = features_in_brain(array, brain, len(table))
            if applied_scores:
                combine = AppliedPattern(features, read_scores(applied_scores, estimator, table["participant_id"]))
            else:
                trains, cs = read_folds(splits, linear_folds, table)
                combine = LinearMap(features, read_gram(gram, len(table)), labels, trains, cs, estimator, kind)
            if kind == "pattern":
                class_difference = partial(_class_difference, features, labels)
        case "vbm_t":
            combine = VbmT(features_in_brain(array, brain, len(table)), design_of(table))
        case "mean_t1":
            combine = WeightedMean(features_in_brain(array, brain, len(table)))
        case "t1_edges":
            combine = EdgesOfMean(features_in_brain(array, brain, len(table)), brain, grid.voxel_mm)
        case "gm_probability":
            subject_based = False
            combine = _fixed(read_map(template_gm, grid)[brain])
        case "hippocampus_distance":
            subject_based = False
            combine = _fixed(hippocampus_nearness(grid, brain))
        case _:
            people = table["participant_id"]
            folds, model, error = chosen_heatmaps(subject_maps, subject_tables, selection, people, target)
            combine = PooledHeatmaps(folds, labels, pooling, normalisation, rectify)
    applied = bool(applied_scores or applied_weights)
    meaning = meaning_of(name, feature, pooling, normalisation, target, applied)
    return GroupMap(name, meaning, model, feature, len(table), combine, subject_based, class_difference, error)


def files_and_settings(inputs, params) -> tuple[dict, dict]:
    """The files and the configuration values among open_group_map's arguments, of a rule's inputs and params."""
    known = signature(open_group_map).parameters
    files = {name: value for name, value in inputs.items() if name in known}
    return files, {name: value for name, value in params.items() if name in known}


def features_in_brain(array: str | Path, brain: np.ndarray, n_subjects: int) -> np.ndarray:
    """(n_subjects, n_voxels) float32 of a cohort array, one subject read at a time."""
    images = open_array(array)
    if images.shape != (n_subjects, *brain.shape):
        raise UserError(
            f"{array}: shape {images.shape} does not fit {n_subjects} subjects on the grid {brain.shape}; "
            "delete it and rerun the preprocess stage"
        )
    features = np.empty((n_subjects, np.count_nonzero(brain)), dtype=np.float32)
    for row, image in zip(features, images, strict=True):
        row[:] = image[brain]
    return features


def _class_difference(features: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """(n_voxels,) mean of the controls minus mean of those with disease: positive where disease has less."""
    shares = np.where(labels == 0, 1 / np.sum(labels == 0), -1 / np.sum(labels == 1))
    return shares.astype(np.float32) @ features


def _fixed(values: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    return lambda weights: np.tile(values, (len(weights), 1))
