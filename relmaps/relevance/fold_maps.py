"""What one fold's explanations leave on disk: subject maps, one after the other, and running sums of group maps."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from relmaps.io.files import replacing
from relmaps.io.memmap import new_array
from relmaps.relevance.pooling import pooling_shares


@dataclass(frozen=True, eq=False)
class Explained:
    """Maps of some subjects.

    place : which of the rows they are. maps : (n_seeds, n_targets, n, n_voxels) float32 in the brain mask.
    score : (n_seeds, n) logit of disease minus logit of control; of a linear model, its decision value.
    completeness_error : (n_seeds, n_targets, n) |sum of the map - what it should be| / |what it should be|; NaN where
    the method promises nothing. outside : (n_seeds, n_targets, n) share of the map's absolute values outside the brain.
    """

    place: slice
    maps: np.ndarray
    score: np.ndarray
    completeness_error: np.ndarray
    outside: np.ndarray


class FoldMaps:
    """Group maps of a fold as running sums, so that memory does not grow with the number of subjects.

    labels : (n,) of the subjects explained. The first target is the primary analysis's. fold_map : (n_voxels,) float32,
    mean over seeds first. seed_maps : (n_seeds, n_voxels) float32, the group map of each seed's network.
    table : per subject and target what else is known.
    """

    def __init__(self, labels: np.ndarray, targets: list[str], pooling: str, normalisation: str):
        self.labels, self.targets, self.pooling, self.normalisation = labels, targets, pooling, normalisation
        self.fold_map, self.seed_maps = np.float32(0), np.float32(0)
        self._known = []

    def collect(self, batches: Iterable[Explained], path: str | Path, keep: bool, n_voxels: int) -> None:
        """Go through all batches and write the subject maps.

        path : .npy of (n_targets, n, n_voxels) float16, each map divided by its largest absolute value, which stands in
        the table as `amplitude`: half precision has few digits and a small range. keep : False leaves n = 0, for
        networks whose group map is all that is wanted.
        """
        shape = (len(self.targets), len(self.labels) if keep else 0, int(n_voxels))
        with replacing(path) as temporary:
            if keep:
                store = new_array(temporary, shape, np.float16)
                self.sum_up(batches, store)
                store.flush()
            else:
                with open(temporary, "wb") as file:
                    np.save(file, np.empty(shape, dtype=np.float16))
                self.sum_up(batches)

    def sum_up(self, batches: Iterable[Explained], store: np.ndarray | None = None) -> None:
        """Go through all batches; store : (n_targets, n, n_voxels) float16 that takes the subject maps."""
        for batch in batches:
            maps = batch.maps.mean(axis=0)
            amplitude, l1 = np.abs(maps).max(axis=2), np.abs(maps).sum(axis=2, dtype=np.float64)
            if store is not None:
                store[:, batch.place] = maps / np.where(amplitude > 0, amplitude, 1)[..., None]
            self._add(batch)
            self._record_batch(batch, amplitude, l1)

    def table(self) -> pd.DataFrame:
        """One row per subject and target: place (of the subject), target, score, completeness_error, outside_share,
        amplitude, l1."""
        return pd.concat(self._known).sort_values(["target_number", "place"]).drop(columns="target_number")

    def subject_table(self, participants: pd.Series, fold: str, model: str) -> pd.DataFrame:
        """`table` with participant_id and label first, fold and model last. participants : (n,) of those explained."""
        table = self.table()
        place = table.pop("place")
        table.insert(0, "participant_id", participants.to_numpy()[place])
        table.insert(1, "label", self.labels[place])
        return table.assign(fold=fold, model=model)

    def _add(self, batch: Explained) -> None:
        """The batch's part of the fold's map and of each seed's."""
        primary = batch.maps[:, 0]
        mean = primary.mean(axis=0)
        self.fold_map = self.fold_map + self._shares(batch.place, mean) @ mean
        self.seed_maps = self.seed_maps + np.array([self._shares(batch.place, maps) @ maps for maps in primary])

    def _shares(self, place: slice, maps: np.ndarray) -> np.ndarray:
        """(n_of_batch,) float32 factors with which these maps add to the fold's group map."""
        shares = pooling_shares(np.ones((1, len(self.labels))), self.labels, self.pooling)[0, place]
        if self.normalisation == "unit_l1":
            sums = np.abs(maps).sum(axis=1, dtype=np.float64)
            shares = shares / np.where(sums > 0, sums, 1)
        return shares.astype(np.float32)

    def _record_batch(self, batch: Explained, amplitude: np.ndarray, l1: np.ndarray) -> None:
        place = np.arange(len(self.labels))[batch.place]
        for number, target in enumerate(self.targets):
            columns = {
                "place": place,
                "target_number": number,
                "target": target,
                "score": batch.score.mean(axis=0),
                "completeness_error": batch.completeness_error[:, number].mean(axis=0),
                "outside_share": batch.outside[:, number].mean(axis=0),
                "amplitude": amplitude[number].astype(np.float64),
                "l1": l1[number],
            }
            self._known.append(pd.DataFrame(columns))
