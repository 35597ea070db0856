"""NumPy arrays on disk that are mapped into memory, because a cohort need not fit there."""

import os
from pathlib import Path

import numpy as np

from relmaps.io.errors import UserError
from relmaps.io.machine import raise_fault


def new_array(path: str | Path, shape: tuple[int, ...], dtype: type) -> np.memmap:
    """An empty array in a new .npy file, all of whose space is taken at once; OSError if the disk is too small.

    Writing to a mapped file whose blocks are not there yet ends the process without a word (SIGBUS) on a full disk.
    """
    array = np.lib.format.open_memmap(path, mode="w+", dtype=dtype, shape=shape)
    with open(path, "r+b") as file:
        os.posix_fallocate(file.fileno(), 0, os.fstat(file.fileno()).st_size)
    return array


def open_array(path: str | Path) -> np.memmap:
    """The array in a .npy file, to be read only; UserError if it is damaged or holds pickled objects."""
    try:
        return np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, EOFError, ValueError) as error:
        raise_fault(error, path)
        reason = " ".join(str(error).split())[:200]
        raise UserError(f"{path}: not an array of this study ({reason}); delete it and rerun") from None
