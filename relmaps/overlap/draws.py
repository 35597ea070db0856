"""Draws of one map's scores, in one cell of the sweep or in several, as a file."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from relmaps.io.files import replacing
from relmaps.overlap.arena import Cell


@dataclass(frozen=True, eq=False)
class Draws:
    """Draws of the scores of a map in one cell: of what they may be without noise (relmaps.overlap.bootstrap), or of
    fields that know nothing (relmaps.overlap.spatial).

    scores : (n_draws, n_references, n_metrics), NaN where there is no score; (0, ...) for a map that does not depend on
    subjects. references, metrics : the names of the last two axes. reliability : share of the map's variance that is
    not noise, NaN where that is not known.
    """

    scores: np.ndarray
    references: list[str]
    metrics: list[str]
    reliability: float = field(default=np.nan)

    def of(self, reference: str, metric: str) -> np.ndarray:
        """(n_draws,) scores; empty for a map that does not depend on subjects."""
        return self.scores[:, self.references.index(reference), self.metrics.index(metric)]


def write_draws(draws: dict[Cell, Draws], path: str | Path) -> None:
    """Draws of one map in some cells, all of the same shape."""
    first = next(iter(draws.values()))
    with replacing(path) as temporary:
        np.savez(
            temporary,
            sign=[cell.sign for cell in draws],
            smoothing_mm=[float(cell.smoothing_mm) for cell in draws],
            mask=[cell.mask for cell in draws],
            scores=np.stack([of_cell.scores for of_cell in draws.values()]),
            reliability=[of_cell.reliability for of_cell in draws.values()],
            references=first.references,
            metrics=first.metrics,
        )


def read_draws(path: str | Path) -> dict[Cell, Draws]:
    with np.load(path, allow_pickle=False) as file:
        cells = map(Cell, file["sign"].tolist(), file["smoothing_mm"].tolist(), file["mask"].tolist())
        names = file["references"].tolist(), file["metrics"].tolist()
        return {
            cell: Draws(scores, *names, float(reliability))
            for cell, scores, reliability in zip(cells, file["scores"], file["reliability"], strict=True)
        }
