"""What a group map may be made from, beside trained models."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from relmaps.classify.roles import rows_outside_test
from relmaps.io.errors import UserError
from relmaps.io.images import read_map
from relmaps.io.memmap import open_array
from relmaps.io.tables import read_table
from relmaps.space.grid import Grid

# Weights (n_bootstrap, n_subjects) -> maps (n_bootstrap, n_voxels) float32.
Combine = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, eq=False)
class Study:
    """Files of a study, as far as the record of the map names them.

    subjects : one row per participant. brain : (nx, ny, nz) bool. files : array (of the cohort), splits, template_gm
    (grey matter probability) and truth (expected loss), where the map needs them. smoothing_mm : FWHM, of the linear
    models' feature where the map needs it.
    """

    subjects: pd.DataFrame
    grid: Grid
    brain: np.ndarray
    files: Mapping[str, str | Path]
    smoothing_mm: float = 0

    def features(self) -> np.ndarray:
        """(n_subjects, n_voxels) float32 of the cohort array, one subject read at a time."""
        path, n_subjects = self.files["array"], len(self.subjects)
        images = open_array(path)
        if images.shape != (n_subjects, *self.brain.shape):
            raise UserError(
                f"{path}: shape {images.shape} does not fit {n_subjects} subjects on the grid "
                f"{self.brain.shape}; delete it and rerun the preprocess stage"
            )
        features = np.empty((n_subjects, np.count_nonzero(self.brain)), dtype=np.float32)
        for row, image in zip(features, images, strict=True):
            row[:] = image[self.brain]
        return features

    def training_rows(self) -> list[np.ndarray]:
        """Rows of the subjects outside the test part of each fold.

        All rows where each fold tests all subjects, as in a study that applies the models of another.
        """
        roles = read_table(self.files["splits"], ("fold", "participant_id", "role"))
        everyone = np.arange(len(self.subjects))
        return [rows if len(rows) else everyone for rows in rows_outside_test(roles, self.subjects).values()]

    def read(self, path: str | Path) -> np.ndarray:
        """(n_voxels,) float32 of a map on the study's grid."""
        return read_map(path, self.grid)[self.brain]


def fixed(values: np.ndarray) -> Combine:
    """A map (n_voxels,) that is the same whoever is drawn."""
    return lambda weights: np.tile(values, (len(weights), 1))
