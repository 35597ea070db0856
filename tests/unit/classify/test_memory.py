import pytest
import torch

from relmaps.classify.memory import run_in_pieces
from relmaps.io.errors import UserError

pytestmark = pytest.mark.fault

CPU = torch.device("cpu")


def fits(smallest: int):
    """Work that needs at least so many pieces; and the numbers that it was tried with."""
    tried = []

    def work(parts):
        tried.append(parts)
        if parts < smallest:
            raise RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 1 bytes.")
        return "done"

    return work, tried


def test_work_that_fits_is_done_once():
    work, tried = fits(1)
    assert run_in_pieces(work, 1, 8, "predict", CPU) == ("done", 1)
    assert tried == [1]


def test_pieces_are_halved_until_they_fit_and_the_next_begins_there():
    work, tried = fits(3)
    assert run_in_pieces(work, 1, 8, "predict", CPU) == ("done", 4)
    assert run_in_pieces(work, 4, 8, "predict", CPU) == ("done", 4)
    assert tried == [1, 2, 4, 4]


def test_no_piece_is_smaller_than_one_scan():
    work, tried = fits(9)
    with pytest.raises(UserError, match="not enough memory to predict one scan at a time; choose a smaller network"):
        run_in_pieces(work, 1, 6, "predict", CPU)
    assert tried == [1, 2, 4]
