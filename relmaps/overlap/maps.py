"""The maps that are scored: each group map with what its sidecar says, and its maps of single folds."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from relmaps.io.files import read_json
from relmaps.overlap.scoring_space import ScoringSpace


@dataclass(frozen=True, eq=False)
class FoldMap:
    """The map of one outer fold.

    values : (n_voxels,) float32. seeds : (n_seeds, n_voxels) float32, the maps of its networks trained with different
    seeds, of which `values` is the mean; None for a model that is trained once.
    """

    fold: str
    model: str
    values: np.ndarray
    seeds: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class ScoredMap:
    """A group map, (n_voxels,) float32, and its fold maps; maps that no fold has, such as the mean T1, have none."""

    name: str
    model: str
    feature: str
    values: np.ndarray
    folds: list[FoldMap]


def open_map(
    name: str,
    image: str,
    sidecar: str,
    fold_images: list[str],
    scoring_space: ScoringSpace,
    seed_maps: Sequence[str] = (),
) -> ScoredMap:
    """Read a group map and the fold maps of the models that went into it.

    fold_images : relevance/<map>/<model>/fold-<k>.nii.gz of any maps and models; those of other maps, or of models that
    were not selected in their fold, are left out. seed_maps : likewise fold-<k>_seeds.npy, where there are seeds. The
    sidecar's `model` names the model of each fold, or one for all.
    """
    content = read_json(sidecar)
    models = content["model"] if isinstance(content["model"], list) else []
    found = {}
    for path in map(Path, fold_images):
        fold = path.name.removeprefix("fold-").removesuffix(".nii.gz")
        if path.parts[-3] == name:
            found[fold, path.parent.name] = path
    folds, seed_paths = [], set(map(Path, seed_maps))
    for fold in sorted({fold for fold, _ in found}, key=int):
        model = models[0] if len(models) == 1 else models[int(fold) - 1]
        path = found[fold, model]
        seeds = path.with_name(f"fold-{fold}_seeds.npy")
        folds.append(FoldMap(fold, model, scoring_space.read(path), np.load(seeds) if seeds in seed_paths else None))
    model = ",".join(dict.fromkeys(models)) if models else content["model"]
    return ScoredMap(name, model, content["feature"], scoring_space.read(image), folds)
