"""The smoke study, which is killed on the way and resumed, made once for all tests that look at it."""

import gzip
from dataclasses import dataclass
from pathlib import Path

import pytest

from relmaps.catalogue.maps import MODEL_FREE, PREDICTION_MAPS, TRUTH_MAPS
from tests.studies import SMOKE, finish, kill_when, made_once

HEATMAPS = ("lrp", "integrated_gradients", "untrained")
POOLED = (*HEATMAPS, "svm_contribution")  # of maps that each held-out participant has
MAPS = (*POOLED, "svm_pattern", "svm_weights", *PREDICTION_MAPS, *MODEL_FREE, *TRUTH_MAPS)


@dataclass(frozen=True)
class Smoke:
    """The finished study; tests that write go on in a copy of its folder.

    folder : where it ran. finished : scans that were done when it was killed, and their times. unreadable : images
    with a final name that were not whole then.
    """

    folder: Path
    finished: dict[str, int]
    unreadable: list[str]

    @property
    def results(self) -> Path:
        return self.folder / "results/smoke"


def statuses(results: Path) -> list[Path]:
    """Status files under their final names; pathlib's `*` also finds the temporary ones, which start with a dot."""
    return sorted(results.glob("preprocess/derivatives/*/anat/sub-*_status.json"))


def kill_and_resume(folder: Path) -> dict:
    results = folder / "results/smoke"
    kill_when(lambda: len(statuses(results)) >= 2, folder, *SMOKE)
    finished = {str(path): path.stat().st_mtime_ns for path in statuses(results)}
    final = [path for path in results.rglob("*.nii.gz") if not path.name.startswith(".")]
    unreadable = [str(path) for path in final if not is_whole(path)]
    finish(folder, *SMOKE, "--unlock")
    finish(folder, *SMOKE)
    return {"finished": finished, "unreadable": unreadable}


def is_whole(path: Path) -> bool:
    try:
        with gzip.open(path) as file:
            return bool(file.read())
    except (OSError, EOFError):
        return False


@pytest.fixture(scope="session")
def study(shared_folder) -> Smoke:
    return Smoke(shared_folder / "smoke", **made_once(shared_folder, "smoke", kill_and_resume))
