"""The brain cut into cubes, which are taken away or put back as a whole."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Blocks:
    """Cubes of the grid that hold brain.

    index : (nx, ny, nz) number of each voxel's cube, from 0; -1 in cubes without brain. n : how many there are.
    """

    index: np.ndarray
    n: int

    def means(self, values: np.ndarray, brain: np.ndarray) -> np.ndarray:
        """(n,) mean over the voxels of the brain in each cube. values : (n_voxels,) in the brain."""
        cubes = self.index[brain]
        return np.bincount(cubes, values, self.n) / np.bincount(cubes, minlength=self.n)

    def spread(self, values: np.ndarray, elsewhere: int) -> np.ndarray:
        """(nx, ny, nz): each voxel has its cube's value (n,), and voxels of no cube have `elsewhere`."""
        return np.append(values, elsewhere)[self.index]


def cut_into_blocks(brain: np.ndarray, voxel_mm: np.ndarray, block_mm: float) -> Blocks:
    """Cubes with edges of about block_mm, at least of a voxel, from the grid's first corner on.

    brain : (nx, ny, nz) bool. voxel_mm : (3,).
    """
    edges = np.maximum(1, np.round(block_mm / voxel_mm)).astype(int)
    places = [np.arange(size) // edge for size, edge in zip(brain.shape, edges, strict=True)]
    cubes = np.ravel_multi_index(np.meshgrid(*places, indexing="ij"), [place[-1] + 1 for place in places])
    held = np.unique(cubes[brain])
    numbers = np.full(cubes.max() + 1, -1)
    numbers[held] = np.arange(len(held))
    return Blocks(numbers[cubes], len(held))
