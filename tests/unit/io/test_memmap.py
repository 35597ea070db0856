import os
import pickle

import numpy as np
import pytest

from relmaps.io.errors import UserError
from relmaps.io.memmap import new_array, open_array
from tests.pickles import Trap

pytestmark = pytest.mark.fault


def test_an_array_comes_back_as_it_was_written(tmp_path, rng):
    values = rng.random((3, 4, 5)).astype(np.float32)
    array = new_array(tmp_path / "a.npy", values.shape, np.float32)
    assert os.stat(tmp_path / "a.npy").st_blocks * 512 >= values.nbytes, "the space is taken at once"
    array[:] = values
    array.flush()
    np.testing.assert_array_equal(open_array(tmp_path / "a.npy"), values)


@pytest.mark.parametrize("kind", ["pickle", "objects", "text", "empty", "cut"])
def test_what_is_no_plain_array_is_refused_in_one_line_and_never_run(tmp_path, kind):
    path, trap = tmp_path / "a.npy", Trap(tmp_path / "sprung")
    if kind == "objects":
        np.save(path, np.array([trap, 1], dtype=object), allow_pickle=True)
    elif kind == "cut":
        np.save(path, np.zeros(100))
        os.truncate(path, 300)
    else:
        path.write_bytes({"pickle": pickle.dumps(trap), "text": b"1, 2, 3", "empty": b""}[kind])
    with pytest.raises(UserError, match=r"a\.npy: not an array of this study") as error:
        open_array(path)
    assert "\n" not in str(error.value)
    assert not trap.path.exists()
