import numpy as np
import pytest

from relmaps.reference.ale import Ale, Correction, estimate_ale
from relmaps.reference.sleuth import Experiment
from relmaps.space.grid import Grid

CENTRE = np.array([26.0, -16.0, -18.0])


@pytest.fixture(scope="session")
def literature() -> list[Experiment]:
    """25 experiments with foci around one place on the right, and one stray focus each."""
    rng = np.random.default_rng(3)
    return [
        Experiment(
            f"study {number}",
            20,
            "MNI",
            np.vstack([CENTRE + rng.normal(0, 3, (3, 3)), rng.uniform([-50, -70, 0], [50, 40, 50])]),
        )
        for number in range(25)
    ]


@pytest.fixture(scope="session")
def whole_head() -> tuple[Grid, np.ndarray]:
    grid = Grid((31, 37, 29), np.array([[6.0, 0, 0, -88], [0, 6, 0, -126], [0, 0, 6, -72], [0, 0, 0, 1]]), "MNI")
    return grid, np.ones(grid.shape, dtype=bool)


@pytest.fixture(scope="session")
def by_fdr(literature) -> Ale:
    return estimate_ale(literature, Correction())
