"""The Gram matrix of a cohort array: all that a linear classifier needs of images that do not fit in memory."""

import mmap
from collections.abc import Iterator

import numpy as np

BLOCK_BYTES = 64 * 2**20


def gram_matrix(features: np.ndarray, block_voxels: int | None = None) -> np.ndarray:
    """(X - c) (X - c)' for an array X that may be memory-mapped; c is the mean image of all subjects.

    features : (n_subjects, ...) float32. block_voxels : voxels multiplied at once, by default as many as make
    BLOCK_BYTES. Returns (n_subjects, n_subjects) float64.

    Blocks of voxels are multiplied in float32 and summed in float64. Without c, which takes away what all subjects have
    in common, the differences between them would drown in the rounding of float32; with it the error is below 1e-6 of
    the mean diagonal of a kernel that is centred by its training part. No test subject leaks into training through c:
    (x - c) - (m - c) = x - m, so a shift that all subjects share leaves no trace in such a kernel
    (relmaps.classify.linear.centred_kernel), which is the only use of this matrix.
    """
    gram = np.zeros((len(features), len(features)))
    for _, block in voxel_blocks(features, block_voxels):
        block = block[:, block.any(axis=0)]
        block -= block.mean(axis=0)
        gram += block @ block.T  # NumPy sees the transpose and calls ssyrk, half the work of sgemm
    return gram


def voxel_blocks(features: np.ndarray, block_voxels: int | None = None) -> Iterator[tuple[slice, np.ndarray]]:
    """Yield (voxels, block): block (n_subjects, <= block_voxels) is a copy in memory, voxels counted in C order.

    A block takes a stretch of each subject's row, long enough to be read from disk at full speed. The pages of a
    memory-mapped array are given back row by row; else they would count as this process's memory.
    """
    flat = features.reshape(len(features), -1)
    step = block_voxels or max(1, BLOCK_BYTES // (len(flat) * flat.itemsize))
    for start in range(0, flat.shape[1], step):
        voxels = slice(start, start + step)
        block = np.empty((len(flat), len(range(*voxels.indices(flat.shape[1])))), dtype=flat.dtype)
        for copy, row in zip(block, flat, strict=True):
            copy[:] = row[voxels]
            if isinstance(features.base, mmap.mmap):
                features.base.madvise(mmap.MADV_DONTNEED)
        yield voxels, block
