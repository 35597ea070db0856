"""What the headline scores of one map may be without noise, as a file."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from relmaps.files import replacing


@dataclass(frozen=True, eq=False)
class Draws:
    """Draws of what the headline scores of a map may be if it had no noise (relmaps.overlap.bootstrap).

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

    def write(self, path: str | Path) -> None:
        with replacing(path) as temporary:
            np.savez(
                temporary,
                scores=self.scores,
                references=self.references,
                metrics=self.metrics,
                reliability=self.reliability,
            )


def read_draws(path: str | Path) -> Draws:
    with np.load(path, allow_pickle=False) as file:
        return Draws(file["scores"], file["references"].tolist(), file["metrics"].tolist(), float(file["reliability"]))
