import logging

import numpy as np
import pandas as pd
import pytest

from relmaps.classify.splits import rows_of, split_subjects
from relmaps.errors import UserError


def cohort(n_control, n_disease):
    labels = np.r_[np.zeros(n_control, int), np.ones(n_disease, int)]
    return pd.DataFrame({"participant_id": [f"sub-{i:03d}" for i in range(len(labels))], "label": labels})


@pytest.fixture
def subjects():
    return cohort(26, 17)


@pytest.fixture
def splits(subjects):
    return split_subjects(subjects, folds=5, validation_fraction=0.2, seed=20)


def test_every_participant_is_tested_once_and_has_one_role_per_fold(subjects, splits):
    assert not splits.duplicated(["fold", "participant_id"]).any()
    assert len(splits) == 5 * len(subjects)
    tested = splits.loc[splits["role"] == "test", "participant_id"]
    assert sorted(tested) == sorted(subjects["participant_id"])
    assert list(splits["fold"].unique()) == ["1", "2", "3", "4", "5"]


def test_parts_are_stratified_by_label(splits):
    counts = splits.groupby(["fold", "role", "label"]).size().unstack("role")
    assert counts["test"].groupby("label").agg(np.ptp).max() <= 1
    rest = counts["train"] + counts["validation"]
    assert (abs(counts["validation"] - 0.2 * rest) <= 0.5).all()


def test_folds_are_shuffled_and_follow_from_the_seed(subjects, splits):
    again = split_subjects(subjects, 5, 0.2, seed=20)
    other = split_subjects(subjects, 5, 0.2, seed=21)
    pd.testing.assert_frame_equal(splits, again)
    assert (splits["role"] != other["role"]).any()
    first = rows_of(splits, subjects, "1", "test")
    assert (np.diff(first) > 1).any()


def test_two_folds_of_eight_scans_train_and_validate_on_both_classes():
    splits = split_subjects(cohort(4, 4), folds=2, validation_fraction=0.2, seed=0)
    counts = splits.groupby(["fold", "role", "label"]).size().unstack("role")
    assert (counts["train"] == 1).all()
    assert (counts["validation"] == 1).all()
    assert (counts["test"] == 2).all()


def test_a_small_class_is_never_left_out_of_validation_or_training():
    for fraction in (0.1, 0.9):
        splits = split_subjects(cohort(30, 4), folds=2, validation_fraction=fraction, seed=0)
        counts = splits.groupby(["fold", "label", "role"]).size().unstack("role", fill_value=0)
        assert (counts >= 1).all(axis=None)


def test_too_few_to_validate_is_said(caplog):
    with caplog.at_level(logging.INFO, logger="relmaps"):
        splits = split_subjects(cohort(2, 6), folds=2, validation_fraction=0.2, seed=0)
    assert set(splits["role"]) == {"train", "test"}
    assert "too few participants to validate" in caplog.text


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ((9, 3), r"label 1 \(disease\) has 3 scans, fewer than the 5 folds; set classify.folds to 3 or fewer"),
        ((1, 9), r"label 0 \(control\) has 1 scans.*add scans"),
        ((9, 0), r"label 1 \(disease\) has 0 scans.*add scans"),
    ],
)
def test_a_class_with_fewer_scans_than_folds_is_refused(sizes, message):
    with pytest.raises(UserError, match=message):
        split_subjects(cohort(*sizes), folds=5, validation_fraction=0.2, seed=0)


def test_rows_follow_the_order_of_the_subjects_table(subjects, splits):
    shuffled = splits.sample(frac=1, random_state=1)
    rows = rows_of(shuffled, subjects, "2", "train", "validation")
    part = splits[(splits["fold"] == "2") & (splits["role"] != "test")]
    assert list(subjects["participant_id"].iloc[rows]) == sorted(part["participant_id"])


def test_rows_of_other_participants_are_refused(subjects, splits):
    with pytest.raises(UserError, match="fold 1 does not have the participants"):
        rows_of(splits, subjects.iloc[1:], "1", "test")
