"""Where maps are scored: the study's grid, the masks that limit scoring, and the references."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from pathlib import Path

import numpy as np

from relmaps.io.images import load_grid, read_map, read_mask
from relmaps.overlap.map_transform import MapTransform
from relmaps.overlap.metrics import CURVE_METRICS, METRICS, Metric, score
from relmaps.overlap.ranking import Curve, Ranking, rank
from relmaps.overlap.target import Target, target_of, tissue_strata
from relmaps.reference.reference import ReferenceMask, read_reference_mask, read_thresholds
from relmaps.space.grid import Grid


@dataclass(frozen=True)
class Specification:
    """One way to score: sign (abs, positive, signed), FWHM of the smoothing in mm, scored voxels (brain, gm)."""

    sign: str
    smoothing_mm: float
    mask: str


def list_specifications(multiverse: dict[str, list]) -> Iterator[Specification]:
    """Every combination of the configuration's `overlap.multiverse`."""
    return (
        Specification(*values) for values in product(multiverse["sign"], multiverse["smoothing_mm"], multiverse["mask"])
    )


@dataclass(frozen=True, eq=False)
class ScoringSpace:
    """Everything that all maps of a study are scored against; a map is (n_voxels,), the brain's voxels in C order.

    masks : name -> (nx, ny, nz) bool; "brain" is always there, others count only inside it. evidence : the references'
    maps before any threshold, (nx, ny, nz) float32 each; none where what needs them is n/a. thresholds : the references
    again at the other thresholds of their multiverse. gm_probability : (nx, ny, nz) float32 of the template; without it
    what needs it is n/a.
    """

    grid: Grid
    masks: dict[str, np.ndarray]
    references: list[ReferenceMask]
    evidence: Sequence[np.ndarray] = field(default=())
    thresholds: Sequence[ReferenceMask] = field(default=())
    gm_probability: np.ndarray | None = None

    @property
    def brain(self) -> np.ndarray:
        return self.masks["brain"]

    def read(self, path: str | Path) -> np.ndarray:
        """(n_voxels,) float32 of an image on the study's grid."""
        return read_map(path, self.grid)[self.brain]

    def scorer(self, specification: Specification, metrics: Iterable[Metric] = METRICS.values()) -> "Scorer":
        scored = self.masks[specification.mask] & self.brain
        evidence: Sequence[np.ndarray | None] = [None] * len(self.references)
        if self.evidence:
            evidence = self.evidence
        strata = None if self.gm_probability is None else tissue_strata(self.gm_probability[scored])
        targets = [
            target_of(reference.mask, scored, self.grid, of_reference, strata)
            for reference, of_reference in zip(self.references, evidence, strict=True)
        ]
        thresholds = [target_of(cut.mask, scored, self.grid, strata=strata) for cut in self.thresholds]
        map_transform = MapTransform(self.brain, self.grid.voxel_mm, specification.sign, specification.smoothing_mm)
        return Scorer(map_transform, scored[self.brain], targets, list(metrics), thresholds)


@dataclass(frozen=True, eq=False)
class Scorer:
    """Scores maps (n_voxels,) in one specification.

    scored : (n_voxels,) bool. targets : the references among the scored voxels. thresholds : those at other thresholds.
    """

    map_transform: MapTransform
    scored: np.ndarray
    targets: list[Target]
    metrics: list[Metric]
    thresholds: list[Target] = field(default_factory=list)

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """(n_references, n_metrics), NaN where a reference holds none or all of the scored voxels."""
        return score(self.map_transform(values)[self.scored], self.targets, self.metrics)

    def with_thresholds(self, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The scores, and (n_thresholds, n_curve_metrics) CURVE_METRICS at the other thresholds; from one ranking."""
        transformed = self.map_transform(values)[self.scored]
        ranking = rank(transformed)
        at_thresholds = score(transformed, self.thresholds, CURVE_METRICS.values(), ranking)
        return score(transformed, self.targets, self.metrics, ranking), at_thresholds

    def curves(self, values: np.ndarray) -> list[Curve]:
        """One curve per reference, all from one sort."""
        ranking = Ranking(self.map_transform(values)[self.scored])
        return [ranking.against(target.inside) for target in self.targets]

    @property
    def can_score(self) -> bool:
        """False if every score would be NaN."""
        return any(target.defined for target in self.targets)


SCORING_FILES = (
    "brain_mask",
    "gm_mask",
    "gm_probability",
    "reference_masks",
    "reference_sidecars",
    "reference_maps",
    "reference_thresholds",
)


def scoring_files(inputs, params) -> dict:
    """The arguments of open_scoring_space from a rule's inputs and params, as Snakemake hands them over."""
    files = {name: value for name, value in inputs.items() if name in SCORING_FILES}
    return files | {"space": params.space, "references": params.references}


def open_scoring_space(
    *,
    brain_mask: str,
    gm_mask: str,
    space: str,
    references: list[str],
    reference_masks: list[str],
    reference_sidecars: list[str],
    reference_maps: Sequence[str] = (),
    reference_thresholds: Sequence[str] = (),
    gm_probability: str | None = None,
) -> ScoringSpace:
    """From the study's files; references : names, in the order of their files. The last three may be left out."""
    grid = load_grid(brain_mask, space)
    paths = list(zip(references, reference_masks, reference_sidecars, strict=True))
    read = [read_reference_mask(*of_reference, grid) for of_reference in paths]
    evidence = [read_map(path, grid) for path in reference_maps]
    thresholds = [
        replace(reference, mask=cut.mask, threshold=cut.threshold, label=cut.label)
        for reference, sidecar, path in zip(read, reference_sidecars, reference_thresholds, strict=False)
        for cut in read_thresholds(path, sidecar, grid)[1:]
    ]
    masks = {"brain": read_mask(brain_mask, grid), "gm": read_mask(gm_mask, grid)}
    gm = None if gm_probability is None else read_map(gm_probability, grid)
    return ScoringSpace(grid, masks, read, evidence, thresholds, gm)
