"""What a set of foci shows about itself: in which unit it is, and what a reader must know of it."""

from collections import Counter
from pathlib import Path

import numpy as np

from relmaps.io.errors import UserError
from relmaps.reference.sleuth import Experiment

ENOUGH_FOCI = 20  # that no whole-brain literature reports on one side alone


def check_millimetres(experiments: list[Experiment], path: str | Path) -> None:
    """UserError if the foci look like voxel indices: many, all whole and none negative.

    In mm they would all lie in the right upper front of the head.
    """
    foci = _foci(experiments)
    if len(foci) >= ENOUGH_FOCI and (foci >= 0).all() and (foci == np.rint(foci)).all():
        raise UserError(
            f"{path}: none of {len(foci)} foci has a negative coordinate, as if they were voxel indices; "
            "write x, y and z in mm from the origin of the space"
        )


def describe_foci(experiments: list[Experiment]) -> list[str]:
    """Sentences about repeated names and about foci on one side, for the note of a reference."""
    sentences = []
    times = Counter(experiment.name for experiment in experiments if experiment.name)
    repeated = [name for name, number in times.items() if number > 1]
    if repeated:
        shared = sum(times[name] for name in repeated)
        sentences.append(
            f"{shared} experiments share a name with another one, such as {repeated[0]!r}; each counts as independent, "
            "so merge those of the same participants."
        )
    x = _foci(experiments)[:, 0]
    if len(x) >= ENOUGH_FOCI and ((x > 0).all() or (x < 0).all()):
        side = "right" if x[0] > 0 else "left"
        sentences.append(f"All {len(x)} foci lie on the {side}; check the sign of x.")
    return sentences


def _foci(experiments: list[Experiment]) -> np.ndarray:
    """(n_foci, 3) in mm."""
    return np.vstack([experiment.foci for experiment in experiments])
