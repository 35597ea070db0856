"""Where maps are scored: the study's grid, the masks that limit scoring, and the references."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np

from relmaps.images import Grid, load_grid, read_map, read_mask
from relmaps.overlap.metrics import score_curves
from relmaps.overlap.ranking import Curve, Ranking
from relmaps.overlap.treatment import Treatment
from relmaps.reference.reference import ReferenceMask, read_reference_mask


@dataclass(frozen=True)
class Cell:
    """One way to score: sign (abs, positive, signed), FWHM of the smoothing in mm, scored voxels (brain, gm)."""

    sign: str
    smoothing_mm: float
    mask: str


def cells_of(sweep: dict[str, list]) -> Iterator[Cell]:
    """Every combination of the configuration's `overlap.sweep`."""
    return (Cell(*values) for values in product(sweep["sign"], sweep["smoothing_mm"], sweep["mask"]))


@dataclass(frozen=True, eq=False)
class Arena:
    """Everything that all maps of a study are scored against; a map is (n_voxels,), the brain's voxels in C order.

    masks : name -> (nx, ny, nz) bool; "brain" is always there, others count only inside it.
    """

    grid: Grid
    masks: dict[str, np.ndarray]
    references: list[ReferenceMask]

    @property
    def brain(self) -> np.ndarray:
        return self.masks["brain"]

    def read(self, path: str) -> np.ndarray:
        """(n_voxels,) float32 of an image on the study's grid."""
        return read_map(path, self.grid)[self.brain]

    def scorer(self, cell: Cell) -> "Scorer":
        inside = self.masks[cell.mask][self.brain]
        targets = [reference.mask[self.brain][inside] for reference in self.references]
        return Scorer(
            Treatment(self.brain, self.grid.voxel_mm, cell.sign, cell.smoothing_mm), inside, np.array(targets)
        )


@dataclass(frozen=True, eq=False)
class Scorer:
    """Scores maps (n_voxels,) in one cell.

    scored : (n_voxels,) bool. targets : (n_references, n_scored) bool, the references among the scored voxels.
    """

    treatment: Treatment
    scored: np.ndarray
    targets: np.ndarray

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """(n_references, n_metrics), NaN where a reference holds none or all of the scored voxels."""
        return score_curves(self.curves(values))

    def curves(self, values: np.ndarray) -> list[Curve]:
        """One curve per reference, all from one sort."""
        ranking = Ranking(self.treatment(values)[self.scored])
        return [ranking.against(target) for target in self.targets]

    @property
    def can_score(self) -> bool:
        """False if every score would be NaN."""
        return bool((self.targets.any(axis=1) & ~self.targets.all(axis=1)).any())


def open_arena(
    brain_mask: str, gm_mask: str, space: str, references: list[str], masks: list[str], sidecars: list[str]
) -> Arena:
    """From the study's files; references : names, in the order of their mask.nii.gz and reference.json."""
    grid = load_grid(brain_mask, space)
    read = [read_reference_mask(*paths, grid) for paths in zip(references, masks, sidecars, strict=True)]
    return Arena(grid, {"brain": read_mask(brain_mask, grid), "gm": read_mask(gm_mask, grid)}, read)
