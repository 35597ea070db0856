import pandas as pd
import pytest

from relmaps.classify.roles import held_out
from relmaps.io.errors import UserError


def build_splits(roles):
    return pd.DataFrame([("1", name, role) for name, role in roles], columns=["fold", "participant_id", "role"])


def test_held_out_are_the_rows_of_the_test_part():
    people = pd.Series(["sub-a", "sub-b", "sub-c", "sub-d"])
    roles = [("sub-d", "test"), ("sub-a", "train"), ("sub-b", "test"), ("sub-c", "validation")]
    assert held_out(build_splits(roles), "1", people).tolist() == [1, 3]


@pytest.mark.parametrize("role", ["train", "validation"])
def test_subject_that_was_also_trained_on_is_refused(role):
    roles = [("sub-a", "test"), ("sub-b", "test"), ("sub-b", role)]
    with pytest.raises(UserError, match=r"sub-b is both tested and trained on in fold 1"):
        held_out(build_splits(roles), "1", pd.Series(["sub-a", "sub-b"]))
