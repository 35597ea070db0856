"""Work of networks in pieces, smaller ones once memory has run out."""

import logging
from collections.abc import Callable
from typing import TypeVar

import torch

from relmaps.io.errors import UserError
from relmaps.io.machine import is_out_of_memory

log = logging.getLogger("relmaps")
Result = TypeVar("Result")

REMEDY = (
    "choose a smaller network in classify.cnn.architectures, a larger preprocess.template.voxel_mm or a device with "
    "more memory"
)


def run_in_pieces(
    work: Callable[[int], Result], parts: int, most: int, doing: str, device: torch.device
) -> tuple[Result, int]:
    """Do work in `parts` pieces, and in twice as many each time that memory runs out, on a GPU or a CPU.

    Parameters
    ----------
    work : callable
        Gets the number of pieces; starts anew each time.
    parts, most : int
        How many pieces at first and at most.
    doing : str
        What one piece of the smallest size is for, such as "train on"; for messages.

    Returns
    -------
    result
        Of `work`.
    parts : int
        How many pieces it took, to begin with the next time.

    Raises
    ------
    UserError
        If memory does not hold the smallest piece.
    """
    while True:
        try:
            return work(parts), parts
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            if 2 * parts > most:
                raise UserError(f"not enough memory to {doing} one scan at a time; {REMEDY}") from None
        # Outside of the except clause, which holds what the failed work had in memory.
        parts *= 2
        log.warning("memory ran out: batches to %s are now split in %d pieces", doing, parts)
        if device.type == "cuda":
            torch.cuda.empty_cache()
