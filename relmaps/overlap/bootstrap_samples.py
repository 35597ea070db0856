"""Samples of one map's scores, in one specification of the multiverse or in several, as a file."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from relmaps.io.files import replacing
from relmaps.overlap.scoring_space import Specification


@dataclass(frozen=True, eq=False)
class BootstrapSamples:
    """Samples of the scores of a map in one specification: bootstrap samples without the noise of a finite cohort
    (relmaps.overlap.bootstrap), or surrogate maps (relmaps.overlap.spatial).

    scores : (n_bootstrap, n_references, n_metrics), NaN where there is no score; (0, ...) for a map that does not
    depend on subjects. references, metrics : the names of the last two axes. reliability : share of the map's variance
    that is not noise, NaN where that is not known.
    """

    scores: np.ndarray
    references: list[str]
    metrics: list[str]
    reliability: float = field(default=np.nan)

    def of(self, reference: str, metric: str) -> np.ndarray:
        """(n_bootstrap,) scores; empty for a map that does not depend on subjects."""
        return self.scores[:, self.references.index(reference), self.metrics.index(metric)]


def write_samples(samples: dict[Specification, BootstrapSamples], path: str | Path) -> None:
    """Write the samples of one map in some specifications, all of the same shape."""
    first = next(iter(samples.values()))
    with replacing(path) as temporary:
        np.savez(
            temporary,
            sign=[specification.sign for specification in samples],
            smoothing_mm=[float(specification.smoothing_mm) for specification in samples],
            mask=[specification.mask for specification in samples],
            scores=np.stack([of_specification.scores for of_specification in samples.values()]),
            reliability=[of_specification.reliability for of_specification in samples.values()],
            references=first.references,
            metrics=first.metrics,
        )


def read_samples(path: str | Path) -> dict[Specification, BootstrapSamples]:
    with np.load(path, allow_pickle=False) as file:
        specifications = map(Specification, file["sign"].tolist(), file["smoothing_mm"].tolist(), file["mask"].tolist())
        names = file["references"].tolist(), file["metrics"].tolist()
        return {
            specification: BootstrapSamples(scores, *names, float(reliability))
            for specification, scores, reliability in zip(
                specifications, file["scores"], file["reliability"], strict=True
            )
        }
