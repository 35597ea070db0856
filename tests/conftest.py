"""Tiny images on an anisotropic, shifted grid, so that a swapped axis or a lost offset shows."""

import os

# Tiny arrays: threads only wait for each other, for minutes on a busy machine.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pytest

from relmaps.images import Grid


@pytest.fixture
def grid() -> Grid:
    affine = np.array([[8.0, 0, 0, -33], [0, 9, 0, -52], [0, 0, 7, -20], [0, 0, 0, 1]])
    return Grid((9, 11, 8), affine, "MNI152NLin2009aSym")


@pytest.fixture
def brain(grid) -> np.ndarray:
    """(9, 11, 8) bool: an ellipsoid that is off centre on every axis."""
    x, y, z = np.indices(grid.shape)
    return ((x - 4) / 3.6) ** 2 + ((y - 5.5) / 4.8) ** 2 + ((z - 3) / 3.2) ** 2 <= 1


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)
