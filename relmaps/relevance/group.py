"""Group maps as functions of subject weights, so that one piece of code makes the published map and its bootstrap.

    group_map = open_group_map("integrated_gradients", subjects=..., brain_mask=..., ...)
    published = group_map.published()      # (n_voxels,) float32
    draws = group_map(weights)             # (n_draws, n_subjects) multiplicities -> (n_draws, n_voxels) float32

Voxels are those of the brain mask in C order; subjects are in the order of subjects.tsv. No torch here: the overlap
stage, which has none, resamples through this door.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from relmaps.classify.splits import rows_of
from relmaps.errors import UserError
from relmaps.images import Grid, load_grid, read_map, read_mask
from relmaps.relevance.meaning import Meaning, meaning_of
from relmaps.relevance.pooling import PooledHeatmaps
from relmaps.relevance.svm_maps import SvmMap
from relmaps.relevance.t1_maps import EdgesOfMean, WeightedMean
from relmaps.relevance.vbm import VbmT, design_of
from relmaps.tables import read_table


@dataclass(frozen=True, eq=False)
class GroupMap:
    """A group map and what it means.

    name : the map's folder under relevance/. meaning : entries of its sidecar, polarity first.
    model : the network of each fold in the order of the folds, ["svm"], or "n/a". feature : cohort array, or "n/a".
    n_subjects : length of a weight vector. combine : what turns weights into maps.
    subject_based : False if the map does not depend on the study's subjects; its intervals are n/a.
    """

    name: str
    meaning: Meaning
    model: list[str] | str
    feature: str
    n_subjects: int
    combine: Callable[[np.ndarray], np.ndarray]
    subject_based: bool = True

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

    def sidecar(self) -> dict:
        """The entries of group.json, besides the space."""
        subjects = self.n_subjects if self.subject_based else 0
        return (
            {"map": self.name}
            | self.meaning._asdict()
            | {
                "subjects": subjects,
                "model": self.model,
                "feature": self.feature,
            }
        )


def open_group_map(
    name: str,
    *,
    subjects: str | Path,
    brain_mask: str | Path,
    space: str,
    feature: str,
    pooling: str,
    normalisation: str,
    svm_c: float,
    array: str | Path | None = None,
    splits: str | Path | None = None,
    selection: str | Path | None = None,
    subject_maps: Sequence[str | Path] = (),
    subject_tables: Sequence[str | Path] = (),
    template_gm: str | Path | None = None,
) -> GroupMap:
    """Open the group map `name` from the study's files.

    In a rule, `input: unpack(inputs_of_map)` (workflow/rules/relevance.smk) gives the files that the map in
    `wildcards.map` needs, under these names; those it does not need stay None. `params: feature=feature_of_map` is the
    cohort array behind it.

    subjects, brain_mask : always needed. feature : t1_syn, gm_modulated, or n/a for gm_probability.
    space, pooling, normalisation, svm_c : values of the configuration.
    array : cohort array, for svm_weights, svm_pattern, vbm_t, mean_t1, t1_edges. splits : for svm_weights, svm_pattern.
    selection, subject_maps, subject_tables : for heatmaps and untrained: the .npy and .tsv of every model and fold, in
        the same order. template_gm : for gm_probability.
    """
    grid = load_grid(brain_mask, space)
    brain = read_mask(brain_mask, grid)
    table = read_table(subjects, ("participant_id", "label", "age", "sex", "tiv_ml"))
    labels = table["label"].to_numpy()
    model, subject_based = "n/a", True
    match name:
        case "svm_weights" | "svm_pattern":
            model = ["svm"]
            roles = read_table(splits, ("fold", "participant_id", "role"))
            folds = sorted(set(roles["fold"]), key=int)
            trains = [rows_of(roles, table, fold, "train", "validation") for fold in folds]
            features = features_in_brain(array, brain, len(table))
            combine = SvmMap(features, labels, trains, svm_c, name.removeprefix("svm_"))
        case "vbm_t":
            combine = VbmT(features_in_brain(array, brain, len(table)), design_of(table))
        case "mean_t1":
            combine = WeightedMean(features_in_brain(array, brain, len(table)))
        case "t1_edges":
            combine = EdgesOfMean(features_in_brain(array, brain, len(table)), brain, grid.voxel_mm)
        case "gm_probability":
            subject_based = False
            combine = _fixed(read_map(template_gm, grid)[brain])
        case _:
            maps, rows, model = _chosen_maps(subject_maps, subject_tables, selection, table["participant_id"])
            combine = PooledHeatmaps(maps, rows, labels, pooling, normalisation)
    meaning = meaning_of(name, feature, pooling, normalisation)
    return GroupMap(name, meaning, model, feature, len(table), combine, subject_based)


def features_in_brain(array: str | Path, brain: np.ndarray, n_subjects: int) -> np.ndarray:
    """(n_subjects, n_voxels) float32 of a cohort array, one subject read at a time."""
    images = np.load(array, mmap_mode="r")
    if images.shape != (n_subjects, *brain.shape):
        raise UserError(
            f"{array}: shape {images.shape} does not fit {n_subjects} subjects on the grid {brain.shape}; "
            "delete it and rerun the preprocess stage"
        )
    features = np.empty((n_subjects, np.count_nonzero(brain)), dtype=np.float32)
    for row, image in zip(features, images, strict=True):
        row[:] = image[brain]
    return features


def volume_of(values: np.ndarray, brain: np.ndarray, grid: Grid) -> np.ndarray:
    """(nx, ny, nz) float32 with `values` (n_voxels,) in the brain and zero outside."""
    volume = np.zeros(grid.shape, dtype=np.float32)
    volume[brain] = values
    return volume


def _chosen_maps(
    subject_maps: Sequence[str | Path],
    subject_tables: Sequence[str | Path],
    selection: str | Path,
    participants: pd.Series,
) -> tuple[list[np.ndarray], list[np.ndarray], list[str]]:
    """Maps (memory-mapped), their subjects' rows and the model of each fold, for the architecture chosen there."""
    choice = read_table(selection, ("fold", "model", "chosen"))
    choice = choice[choice["chosen"].astype(str).str.lower() == "true"].drop_duplicates(["fold", "model"])
    choice = choice.sort_values("fold", key=lambda folds: folds.astype(int))
    files = {}
    for path, table_path in zip(subject_maps, subject_tables, strict=True):
        table = read_table(table_path, ("participant_id", "fold", "model"))
        files[table["fold"].iloc[0], table["model"].iloc[0]] = path, table["participant_id"]
    row_of = {participant: row for row, participant in enumerate(participants)}
    maps, rows = [], []
    for fold, model in zip(choice["fold"], choice["model"], strict=True):
        path, tested = files[fold, model]
        maps.append(np.load(path, mmap_mode="r"))
        rows.append(np.array([row_of[participant] for participant in tested]))
    return maps, rows, choice["model"].tolist()


def _fixed(values: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    return lambda weights: np.tile(values, (len(weights), 1))
