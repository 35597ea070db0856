import logging

import pandas as pd
import pytest

from relmaps.classify.audit import audit_splits
from relmaps.io.errors import UserError

PEOPLE = [f"sub-{letter}" for letter in "abcdefgh"]


@pytest.fixture
def tables():
    """Two folds of eight participants in four sites: in each fold one site trains, one validates, two are tested."""
    labels = [0, 1] * 4
    subjects = pd.DataFrame({"participant_id": PEOPLE, "label": labels, "site": list("wwxxyyzz")})
    roles = {
        "1": ["test"] * 4 + ["train"] * 2 + ["validation"] * 2,
        "2": ["train"] * 2 + ["validation"] * 2 + ["test"] * 4,
    }
    splits = pd.concat(
        [
            pd.DataFrame({"fold": fold, "participant_id": PEOPLE, "label": labels, "role": role})
            for fold, role in roles.items()
        ],
        ignore_index=True,
    )
    content = pd.DataFrame(
        {
            "scan_id": [*PEOPLE, "sub-z"],
            "participant_id": [*PEOPLE, "sub-z"],
            "content": [*(f"hash-{name}" for name in PEOPLE), "hash-sub-a"],  # sub-z is in no fold
        }
    )
    return splits, subjects, content


def at(splits, fold, name):
    return splits.index[(splits["fold"] == fold) & (splits["participant_id"] == f"sub-{name}")][0]


def test_a_good_table_passes_and_is_counted(tables):
    splits, subjects, content = tables
    part = {"0": 1, "1": 1}
    roles = {"train": part, "validation": part, "test": {"0": 2, "1": 2}}
    assert audit_splits(splits.sample(frac=1, random_state=0), subjects, content, by_site=True)["folds"] == {
        "1": roles,
        "2": roles,
    }
    assert audit_splits(splits, subjects, content, by_site=True) == {
        "folds": {"1": roles, "2": roles},
        "participants": 8,
        "hashes_compared": 8,
        "without_hash": 0,
        "by_site": True,
        "sites": 4,
        "everyone_tested": False,
    }


def test_a_missing_validation_part_passes(tables):
    splits, subjects, content = tables
    splits["role"] = splits["role"].replace("validation", "train")
    checked = audit_splits(splits, subjects.drop(columns="site"), content, by_site=False)
    assert checked["folds"]["1"]["validation"] == {"0": 0, "1": 0}
    assert checked["sites"] is None


def test_unknown_hashes_are_counted_and_are_no_twins(tables, caplog):
    splits, subjects, content = tables
    content.loc[:1, "content"] = None
    with caplog.at_level(logging.WARNING, logger="relmaps"):
        checked = audit_splits(splits, subjects, content.drop(index=2), by_site=False)
    assert (checked["hashes_compared"], checked["without_hash"]) == (5, 3)
    assert "no image hash of sub-a, sub-b, sub-c:" in caplog.text


def test_two_scans_of_one_participant_may_be_the_same(tables):
    splits, subjects, content = tables
    twin = pd.DataFrame({"scan_id": ["sub-a_2"], "participant_id": ["sub-a"], "content": ["hash-sub-a"]})
    checked = audit_splits(splits, subjects, pd.concat([content, twin]), by_site=True)
    assert (checked["hashes_compared"], checked["without_hash"]) == (9, 0)


@pytest.mark.parametrize(
    ("twins", "message"),
    [
        (
            ("a", "e"),
            r"fold 1: sub-a \(test\) and sub-e \(train\) have the same image, scans sub-a, sub-e; .*exclusion_",
        ),
        (("a", "g"), r"fold 1: sub-a \(test\) and sub-g \(validation\) have"),
        (("a", "c"), r"fold 2: sub-a \(train\) and sub-c \(validation\) have"),
        (("a", "b"), r"fold 1: sub-a \(test\) and sub-b \(test\) have"),
        (("a", "c", "f"), r"fold 2: sub-a \(train\) and sub-c \(validation\) and sub-f \(test\) have"),
    ],
    ids=["trained on", "validated on", "both", "tested together", "three"],
)
def test_a_planted_copy_of_an_image_is_found(tables, twins, message):
    splits, subjects, content = tables
    content.loc[content["participant_id"].isin([f"sub-{name}" for name in twins]), "content"] = "copied"
    with pytest.raises(UserError, match=message):
        audit_splits(splits, subjects, content, by_site=False)


def two_roles(splits, subjects):
    splits.loc[len(splits)] = ["1", "sub-a", 0, "train"]


def twice_in_one_role(splits, subjects):
    splits.loc[len(splits)] = ["2", "sub-a", 0, "train"]


def stranger(splits, subjects):
    splits.loc[len(splits)] = ["2", "sub-q", 0, "train"]


def nameless(splits, subjects):
    splits.loc[at(splits, "1", "e"), "participant_id"] = None


def lost(splits, subjects):
    splits.drop(index=at(splits, "2", "c"), inplace=True)


def other_label(splits, subjects):
    splits.loc[at(splits, "2", "d"), "label"] = 0


def unlabelled(splits, subjects):
    splits["label"] = splits["label"].astype(float)
    splits.loc[at(splits, "2", "d"), "label"] = float("nan")


def other_role(splits, subjects):
    splits.loc[at(splits, "1", "g"), "role"] = "spare"


def no_fold(splits, subjects):
    splits.loc[3, "fold"] = None


def twice_tested(splits, subjects):
    splits.loc[at(splits, "2", "a"), "role"] = "test"


def never_tested(splits, subjects):
    splits.loc[at(splits, "1", "a"), "role"] = "train"


def trains_one_class(splits, subjects):
    splits.loc[at(splits, "1", "f"), "role"] = "validation"


def trains_nobody(splits, subjects):
    splits["role"] = splits["role"].replace("train", "validation")


def validates_one_class(splits, subjects):
    splits.loc[at(splits, "1", "h"), "role"] = "train"


def one_class_tested(splits, subjects):
    for name in "bd":
        splits.loc[at(splits, "1", name), "role"] = "train"
        splits.loc[at(splits, "2", name), "role"] = "test"


def subject_twice(splits, subjects):
    subjects.loc[len(subjects)] = subjects.loc[0]


DAMAGE = [
    (two_roles, r"fold 1: sub-a has more than one row, and may so be on two sides; delete splits.tsv"),
    (twice_in_one_role, r"fold 2: sub-a has more than one row"),
    (stranger, r"fold 2: sub-q is not in subjects.tsv; delete"),
    (nameless, r"fold 1: (nan|None) is not in subjects.tsv"),
    (lost, r"fold 2: sub-c of subjects.tsv is missing; delete"),
    (other_label, r"fold 2: sub-d has another label than in subjects.tsv; delete"),
    (unlabelled, r"fold 2: sub-d has another label"),
    (other_role, r"fold 1: sub-g has a role that is none of train, validation, test; delete"),
    (no_fold, r"rows without a fold; delete"),
    (twice_tested, r"sub-a is tested in folds 1, 2, not in exactly one; delete"),
    (never_tested, r"sub-a is tested in no fold, not in exactly one; delete"),
    (trains_one_class, r"fold 1: nobody of label 1 in the train part, which has sub-e; set classify.folds"),
    (trains_nobody, r"fold 1: nobody of label 0 and 1 in the train part, which has nobody; set"),
    (validates_one_class, r"fold 1: nobody of label 1 in the validation part, which has sub-g; set"),
    (one_class_tested, r"fold 1: nobody of label 1 in the test part, which has sub-a, sub-c; set"),
    (subject_twice, r"subjects.tsv: sub-a has more than one row; delete"),
]


@pytest.mark.parametrize(("damage", "message"), DAMAGE, ids=[damage.__name__ for damage, _ in DAMAGE])
def test_damage_is_found(tables, damage, message):
    splits, subjects, content = tables
    damage(splits, subjects)
    with pytest.raises(UserError, match=message) as caught:
        audit_splits(splits, subjects, content, by_site=False)
    assert "\n" not in str(caught.value)


def test_no_folds_at_all_are_refused(tables):
    splits, subjects, content = tables
    with pytest.raises(UserError, match="no rows"):
        audit_splits(splits[:0], subjects, content, by_site=False)


def test_a_site_on_two_sides_is_found_only_where_sites_are_kept_together(tables):
    splits, subjects, content = tables
    subjects.loc[subjects["participant_id"].isin(["sub-d", "sub-e"]), "site"] = "v"
    audit_splits(splits, subjects, content, by_site=False)
    with pytest.raises(UserError, match=r"fold 1: sub-d \(test\) and sub-e \(train\) are of the same site v; delete"):
        audit_splits(splits, subjects, content, by_site=True)


@pytest.mark.parametrize(("column", "message"), [(True, "sub-c has no site"), (False, "sub-e and 3 more has no site")])
def test_a_missing_site_is_not_guessed(tables, column, message):
    splits, subjects, content = tables
    subjects.loc[2, "site"] = None
    with pytest.raises(UserError, match=message):
        audit_splits(splits, subjects if column else subjects.drop(columns="site"), content, by_site=True)


def test_finished_models_test_everybody_in_each_fold(tables):
    splits, subjects, content = tables
    everyone = splits.assign(role="test")
    checked = audit_splits(everyone, subjects, content, by_site=True, everyone_tested=True)
    assert checked["folds"]["2"]["test"] == {"0": 4, "1": 4}
    assert checked["everyone_tested"]
    with pytest.raises(UserError, match="tested in folds 1, 2"):
        audit_splits(everyone, subjects, content, by_site=True)
    with pytest.raises(
        UserError, match="fold 1: sub-e, sub-f, sub-g, sub-h is not tested, though external validation tests all"
    ):
        audit_splits(splits, subjects, content, by_site=True, everyone_tested=True)
    controls = everyone[everyone["label"] == 0], subjects[subjects["label"] == 0]
    with pytest.raises(UserError, match="fold 1: nobody of label 1 in the test part"):
        audit_splits(*controls, content, by_site=False, everyone_tested=True)
