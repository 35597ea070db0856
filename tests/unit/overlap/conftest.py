import numpy as np
import pytest

from relmaps.overlap.maps import FoldMap, ScoredMap
from relmaps.overlap.scoring_space import ScoringSpace, Specification
from relmaps.reference.reference import ReferenceMask


@pytest.fixture(scope="module")
def scoring_space(grid, brain) -> ScoringSpace:
    """Two references and a grey matter mask; `beside` lies outside the grey matter."""
    x, _, z = np.indices(grid.shape)
    references = [
        ReferenceMask("meta_analysis", brain & (x > 4), "meta_analysis", 0.016),
        ReferenceMask("truth", brain & (x > 3) & (z < 3), "ground_truth", 0.1, "0.25"),
    ]
    evidence = [np.where(brain, x + 0.1 * z, 0).astype(np.float32), np.where(brain, x - z, 0).astype(np.float32)]
    thresholds = [ReferenceMask("truth", brain & (x > 4) & (z < 3), "ground_truth", 0.2, "0.5")]
    gm = np.where(brain, 0.05 + z / 8, 0).astype(np.float32)
    return ScoringSpace(grid, {"brain": brain, "gm": brain & (z < 5)}, references, evidence, thresholds, gm)


@pytest.fixture(scope="module")
def primary() -> Specification:
    return Specification("abs", 8, "brain")


@pytest.fixture(scope="module")
def scored_maps(scoring_space) -> list[ScoredMap]:
    """A map that follows the truth, with fold maps; one of noise, with fold maps; a fixed one without."""
    n, rng = scoring_space.brain.sum(), np.random.default_rng(0)
    truth = scoring_space.references[1].mask[scoring_space.brain].astype(np.float32)

    def folds(signal):
        return [FoldMap(k, "small", (signal + rng.normal(0, 0.5, n)).astype(np.float32)) for k in ("1", "2", "3")]

    return [
        ScoredMap("good", "small", "gm_modulated", truth + 0.1 * rng.random(n, np.float32), folds(truth)),
        ScoredMap("noise", "small", "gm_modulated", rng.random(n, np.float32), folds(0 * truth)),
        ScoredMap("fixed", "n/a", "n/a", rng.random(n, np.float32), []),
    ]
