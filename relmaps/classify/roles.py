"""Who plays which role in a fold, read from splits.tsv."""

import numpy as np
import pandas as pd

from relmaps.io.errors import UserError


def find_rows(splits: pd.DataFrame, subjects: pd.DataFrame, fold: str, *roles: str) -> np.ndarray:
    """Rows of `subjects`, and so of every cohort array, that play one of the roles in a fold; ascending.

    Raises UserError if the two tables are not of the same participants.
    """
    part = splits[splits["fold"] == fold].set_index("participant_id")["role"]
    if sorted(part.index) != sorted(subjects["participant_id"]):
        raise UserError(f"splits.tsv: fold {fold} does not have the participants of subjects.tsv; delete it and rerun")
    return np.flatnonzero(part.loc[subjects["participant_id"]].isin(roles))


def rows_outside_test(splits: pd.DataFrame, subjects: pd.DataFrame) -> dict[str, np.ndarray]:
    """Rows of `subjects` outside the test part of each fold, in the order of the folds; ascending."""
    folds = sorted(set(splits["fold"]), key=int)
    return {fold: find_rows(splits, subjects, fold, "train", "validation") for fold in folds}


def held_out(splits: pd.DataFrame, fold: str, participants: pd.Series) -> np.ndarray:
    """Rows of the participants in the test part of a fold.

    Raises UserError if one of them also trained or validated the fold's networks: its map would not be held out.
    """
    part = splits[splits["fold"] == fold]
    tested = set(part.loc[part["role"] == "test", "participant_id"])
    leaked = tested & set(part.loc[part["role"] != "test", "participant_id"])
    if leaked:
        raise UserError(
            f"splits.tsv: {', '.join(sorted(leaked))} is both tested and trained on in fold {fold}; "
            "delete the classify stage's results and rerun it"
        )
    return np.flatnonzero(participants.isin(tested))
