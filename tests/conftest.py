"""What all tests share: a check that the repository stays as it is, and tiny images.

The images lie on an anisotropic, shifted grid, so that a swapped axis or a lost offset shows.
"""

import os

# Tiny arrays: threads only wait for each other, for minutes on a busy machine.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import gc
import subprocess
from pathlib import Path

import numpy as np
import pytest

from relmaps import ROOT
from relmaps.space.grid import Grid

# Folders in which Python and the tools of `make test` and `make lint` keep what they computed.
CACHES = ("__pycache__", ".pytest_cache", ".ruff_cache", ".mypy_cache", ".coverage", ".import_linter_cache", ".venv")
BEFORE = pytest.StashKey[set[str]]()


def pytest_collection_finish():
    """statsmodels collects garbage at each call; what the imported tests hold need not be looked through each time."""
    gc.freeze()


def pytest_sessionstart(session):
    if not hasattr(session.config, "workerinput"):  # once, not in each process
        session.config.stash[BEFORE] = repository()


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session):
    if hasattr(session.config, "workerinput"):
        return
    changed = sorted(repository() ^ session.config.stash[BEFORE])
    if changed:
        session.config.get_terminal_writer().line(f"\nthe tests changed the repository: {', '.join(changed)}", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def repository() -> set[str]:
    """Changed, new and ignored files of the repository, as git lists them, without caches; none outside git."""
    command = ["git", "status", "--porcelain", "--ignored", "--untracked-files=all"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout.splitlines()
    return {line for line in listed if not any(cache in line for cache in CACHES)}


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory) -> Path:
    """Folder that all processes of the tests share; see `tests.studies.made_once`."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(scope="session")
def grid() -> Grid:
    affine = np.array([[8.0, 0, 0, -33], [0, 9, 0, -52], [0, 0, 7, -20], [0, 0, 0, 1]])
    return Grid((9, 11, 8), affine, "MNI152NLin2009aSym")


@pytest.fixture(scope="session")
def brain(grid) -> np.ndarray:
    """(9, 11, 8) bool: an ellipsoid that is off centre on every axis."""
    x, y, z = np.indices(grid.shape)
    brain = ((x - 4) / 3.6) ** 2 + ((y - 5.5) / 4.8) ** 2 + ((z - 3) / 3.2) ** 2 <= 1
    brain.setflags(write=False)
    return brain


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)
