"""Group maps as functions of subject weights, so that one piece of code makes the published map and its bootstrap.

    group_map = open_group_map("integrated_gradients", subjects=..., brain_mask=..., ...)
    published = group_map.published()      # (n_voxels,) float32
    draws = group_map(weights)             # (n_bootstrap, n_subjects) multiplicities -> (n_bootstrap, n_voxels) float32

Voxels are those of the brain mask in C order; subjects are in the order of subjects.tsv. No torch here: the overlap
stage, which has none, resamples through this door.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from inspect import signature
from pathlib import Path

import numpy as np

from relmaps.catalogue.maps import find_map
from relmaps.io.images import load_grid, read_mask
from relmaps.io.tables import read_table
from relmaps.relevance.heatmaps import chosen_heatmaps
from relmaps.relevance.linear_maps import (
    HeldOutPattern,
    LinearMap,
    read_folds,
    read_gram,
    read_held_out_scores,
    read_scores,
)
from relmaps.relevance.model_free import open_model_free
from relmaps.relevance.model_free.study import Combine, Study, fixed
from relmaps.relevance.pooling import PooledHeatmaps
from relmaps.relevance.semantics import MapSemantics, describe_map


@dataclass(frozen=True, eq=False)
class GroupMap:
    """A group map and what it means.

    name : the map's folder under relevance/. semantics : entries of its sidecar, polarity first.
    model : the network of each fold in the order of the folds, ["svm"], ["logistic"], or "n/a". feature : cohort array,
        or "n/a".
    n_subjects : length of a weight vector. combine : what turns weights into maps.
    subject_based : False if the map does not depend on the study's subjects; its intervals are n/a.
    class_difference : of an activation pattern, what gives mean control minus mean disease (n_voxels,).
    completeness_error : of subjects' maps, median and largest over them; empty where the method promises nothing.
    """

    name: str
    semantics: MapSemantics
    model: list[str] | str
    feature: str
    n_subjects: int
    combine: Combine
    subject_based: bool = True
    class_difference: Callable[[], np.ndarray] | None = None
    completeness_error: dict[str, float] = field(default_factory=dict)

    def __call__(self, weights: np.ndarray) -> np.ndarray:
        """The map of each resampled cohort.

        weights : (n_bootstrap, n_subjects) whole numbers >= 0, how often each subject was drawn. Each class must be
        drawn
            in each fold, as it is in a bootstrap stratified by fold and label.
        Returns (n_bootstrap, n_voxels) float32, without NaN.
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
        entries = {"map": self.name} | self.semantics._asdict()
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
    truth: str | Path | None = None,
    smoothing_mm: float = 0,
    predictions: str | Path | None = None,
    external_scores: str | Path | None = None,
    external_weights: Sequence[str | Path] = (),
    external: str | Path | None = None,
) -> GroupMap:
    """Open the group map `name` from the study's files.

    In a rule, `input: unpack(LAYOUT.map_inputs)` gives the files that the map in `wildcards.map` needs, under these
    names; those it does not need stay None. `params: feature=LAYOUT.map_feature` is the cohort array behind it.

    subjects, brain_mask : always needed. feature : t1_syn, gm_modulated, or n/a for a map without a cohort array.
    space, pooling, normalisation, target : values of the configuration. rectify : key of RECTIFIERS; the published map
        is "signed".
    array : cohort array, for linear models, and where the record of the map names one.
    splits, gram, linear_folds : for <estimator>_weights and <estimator>_pattern: the array's Gram matrix, and the table
        with the C of each fold (workflow/scripts/fit_linear.py). splits : also where the record asks for it.
    external_scores, external_weights : instead of these three where finished models are applied to subjects of another
        study: their decision values (model, fold, participant_id, score) for <estimator>_pattern, and their negated
        weight maps for <estimator>_weights, which has no subjects then.
    selection, subject_maps, subject_tables : where subjects have maps: the .npy and .tsv of every model and fold, in
        the same order; no selection for <estimator>_contribution. predictions, selection : where the record asks for
        predictions. template_gm, truth : where the record asks for it; smoothing_mm : FWHM, of the map made from the
        ground truth. external : the image of an external map.
    """
    grid = load_grid(brain_mask, space)
    brain = read_mask(brain_mask, grid)
    table = read_table(subjects, ("participant_id", "label", "age", "sex", "tiv_ml"))
    labels = table["label"].to_numpy()
    record = find_map(name)
    files = {"array": array, "splits": splits, "template_gm": template_gm, "truth": truth}
    study = Study(table, grid, brain, {key: path for key, path in files.items() if path}, smoothing_mm)
    model, class_difference, error = "n/a", None, {}
    combine: Combine
    if external:
        combine = fixed(study.read(external))
    elif record.of_participants:
        chosen = selection if record.method else None
        people = table["participant_id"]
        folds, model, error = chosen_heatmaps(subject_maps, subject_tables, chosen, people, target)
        if record.estimator:
            model = [record.estimator]
        combine = PooledHeatmaps(folds, labels, pooling, normalisation, rectify)
    elif record.predictions:
        features = study.features()
        scores, model = read_held_out_scores(predictions, selection, table["participant_id"])
        combine = HeldOutPattern(features, scores, per_sd=True)
        class_difference = partial(_class_difference, features, labels)
    elif record.estimator:
        model = [record.estimator]
        if external_weights:
            combine = fixed(np.mean([study.read(path) for path in external_weights], axis=0))
        else:
            features = study.features()
            if external_scores:
                scores = read_scores(external_scores, record.estimator, table["participant_id"])
                combine = HeldOutPattern(features, scores)
            else:
                trains, cs = read_folds(splits, linear_folds, table)
                kernel = read_gram(gram, len(table))
                combine = LinearMap(features, kernel, labels, trains, cs, record.estimator, record.kind)
            if record.kind == "pattern":
                class_difference = partial(_class_difference, features, labels)
    else:
        combine = open_model_free(name, study)
    applied = bool(external_scores or external_weights)
    semantics = describe_map(name, feature, pooling, normalisation, target, applied)
    subject_based = record.depends and not external_weights
    return GroupMap(name, semantics, model, feature, len(table), combine, subject_based, class_difference, error)


def files_and_settings(inputs, params) -> tuple[dict, dict]:
    """The files and the configuration values among open_group_map's arguments, of a rule's inputs and params."""
    known = signature(open_group_map).parameters
    files = {name: value for name, value in inputs.items() if name in known}
    return files, {name: value for name, value in params.items() if name in known}


def _class_difference(features: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """(n_voxels,) mean of the controls minus mean of those with disease: positive where disease has less."""
    shares = np.where(labels == 0, 1 / np.sum(labels == 0), -1 / np.sum(labels == 1))
    return shares.astype(np.float32) @ features
