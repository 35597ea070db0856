import logging

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import StratifiedKFold

from relmaps.classify.roles import find_rows
from relmaps.classify.splits import split_external, split_subjects
from relmaps.io.errors import UserError


def cohort(n_control, n_disease):
    labels = np.r_[np.zeros(n_control, int), np.ones(n_disease, int)]
    return pd.DataFrame({"participant_id": [f"sub-{i:03d}" for i in range(len(labels))], "label": labels})


def described(n_control, n_disease, seed, sites=0):
    """A cohort in random order with age, sex and, where asked, sites of unequal size."""
    random = np.random.default_rng(seed)
    people = cohort(n_control, n_disease)
    people["label"] = random.permutation(people["label"])
    people["age"] = random.normal(72 + 3 * people["label"], 7)
    people["sex"] = random.choice(["f", "m"], len(people))
    if sites:
        share = np.arange(1, sites + 1) / np.arange(1, sites + 1).sum()
        people["site"] = [f"site-{site:02d}" for site in random.choice(sites, len(people), p=share)]
    return people


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
    assert (abs(counts["validation"] - 0.2 * rest) < 1).all()


@pytest.mark.parametrize("seed", range(5))
def test_labels_differ_by_one_at_most_whatever_the_order_and_what_is_missing(seed):
    people = described(23, 19, seed)
    people.loc[people.index % 3 == 0, "age"] = np.nan
    people.loc[people.index % 7 == 0, "sex"] = None
    people.index += 100  # rows that were filtered before
    splits = split_subjects(people, 5, 0.2, seed)
    counts = splits.groupby(["fold", "role", "label"]).size().unstack("role")
    assert counts["test"].groupby("label").agg(np.ptp).max() == 1
    rest = counts["train"] + counts["validation"]
    assert (abs(counts["validation"] - 0.2 * rest) < 1).all()


def spread_over_folds(people, parts):
    """Standard deviation over folds of the mean age and of the share of women, mean over labels."""
    tables = [people.iloc[part].groupby("label").agg(age=("age", "mean"), women=("women", "mean")) for part in parts]
    return pd.concat(tables).groupby("label").std().mean()


@pytest.mark.slow
def test_age_and_sex_are_much_closer_over_folds_than_without_balancing():
    balanced, plain = [], []
    for seed in range(20):
        people = described(45, 38, seed).assign(women=lambda table: table["sex"] == "f")
        splits = split_subjects(people, 5, 0.2, seed)
        balanced.append(spread_over_folds(people, [find_rows(splits, people, fold, "test") for fold in "12345"]))
        folds = StratifiedKFold(5, shuffle=True, random_state=seed).split(people, people["label"])
        plain.append(spread_over_folds(people, [test for _, test in folds]))
    ratio = pd.DataFrame(balanced).mean() / pd.DataFrame(plain).mean()
    assert ratio["age"] < 0.8
    assert ratio["women"] < 0.5


def test_validation_is_balanced_by_age_and_sex_too():
    distances = {"age": [], "women": []}
    for seed in range(20):
        people = described(45, 38, seed).assign(women=lambda table: (table["sex"] == "f").astype(float))
        random = np.random.default_rng(seed)
        splits = split_subjects(people, 2, 0.2, seed)
        chosen, rest = (find_rows(splits, people, "1", *roles) for roles in (["validation"], ["validation", "train"]))
        for name, told in distances.items():
            for label in (0, 1):
                values, labels = people[name].to_numpy(), people["label"].to_numpy()
                of = values[rest[labels[rest] == label]]
                got = values[chosen[labels[chosen] == label]]
                drawn = [random.choice(of, len(got), replace=False).mean() for _ in range(50)]
                told.append((abs(got.mean() - of.mean()), np.mean(np.abs(drawn - of.mean()))))
    for told in distances.values():
        got, drawn = np.mean(told, axis=0)
        assert got < 0.8 * drawn


@pytest.mark.parametrize("missing", ["absent", "empty"])
def test_without_age_and_sex_the_split_is_by_label(missing):
    people = cohort(26, 17)
    bare = split_subjects(people, 5, 0.2, seed=3)
    if missing == "empty":
        people = people.assign(age=np.nan, sex=None, site=None)
    pd.testing.assert_frame_equal(split_subjects(people, 5, 0.2, seed=3), bare)
    folds = StratifiedKFold(5, shuffle=True, random_state=3).split(people, people["label"])
    for fold, (_, test) in enumerate(folds, 1):
        assert list(find_rows(bare, people, str(fold), "test")) == list(test)


def test_sex_is_dropped_where_no_sex_of_a_label_fills_the_folds():
    people = cohort(5, 5).assign(sex=["f", "m", "f", "m", "f"] * 2, age=range(60, 70))
    splits = split_subjects(people, folds=5, validation_fraction=0.2, seed=0)
    counts = splits.groupby(["fold", "role", "label"]).size().unstack("role")
    assert (counts["test"] == 1).all()
    assert (counts["validation"] == 1).all()


def test_folds_are_shuffled_and_follow_from_the_seed(subjects, splits):
    again = split_subjects(subjects, 5, 0.2, seed=20)
    other = split_subjects(subjects, 5, 0.2, seed=21)
    pd.testing.assert_frame_equal(splits, again)
    assert (splits["role"] != other["role"]).any()
    first = find_rows(splits, subjects, "1", "test")
    assert (np.diff(first) > 1).any()


def test_two_folds_of_eight_scans_train_and_validate_on_both_classes():
    splits = split_subjects(cohort(4, 4), folds=2, validation_fraction=0.2, seed=0)
    counts = splits.groupby(["fold", "role", "label"]).size().unstack("role")
    assert (counts["train"] == 1).all()
    assert (counts["validation"] == 1).all()
    assert (counts["test"] == 2).all()


def test_eight_scans_with_age_and_sex_put_a_man_and_a_woman_of_each_class_into_either_fold():
    people = cohort(4, 4).assign(sex=["f", "m"] * 4, age=[70, 61, 72, 75, 66, 70, 81, 59])
    splits = split_subjects(people, folds=2, validation_fraction=0.2, seed=0)
    tested = splits[splits["role"] == "test"].merge(people.drop(columns="label"), on="participant_id")
    assert (tested.groupby(["fold", "label", "sex"]).size() == 1).all()
    assert len(tested) == 8


def test_small_strata_are_no_warning(recwarn):
    split_subjects(described(9, 7, 0), folds=5, validation_fraction=0.2, seed=0)
    assert not recwarn.list


def test_every_fold_tests_one_of_each_bin_of_age_also_where_no_sex_is_known():
    people = cohort(10, 10).assign(sex=None, age=[*range(50, 60), *range(70, 80)])
    splits = split_subjects(people.sample(frac=1, random_state=0), folds=5, validation_fraction=0.2, seed=0)
    tested = splits[splits["role"] == "test"].merge(people[["participant_id", "age"]])
    assert (tested.groupby(["fold", tested["age"] // 5]).size() == 1).all()
    assert len(tested) == 20


def test_unknown_ages_share_the_last_bin_so_that_one_is_large_enough():
    people = cohort(6, 6).assign(sex="f", age=[60, 65, 70, np.nan, np.nan, np.nan] * 2)
    splits = split_subjects(people, folds=5, validation_fraction=0.2, seed=0)
    tested = splits[splits["role"] == "test"]
    assert set(tested.groupby(["fold", "label"]).size()) == {1, 2}


def test_a_small_class_is_never_left_out_of_validation_or_training():
    for fraction in (0.1, 0.9):
        splits = split_subjects(cohort(30, 4), folds=2, validation_fraction=fraction, seed=0)
        counts = splits.groupby(["fold", "label", "role"]).size().unstack("role", fill_value=0)
        assert list(counts) == ["test", "train", "validation"]
        assert (counts >= 1).all(axis=None)


def test_too_few_to_validate_is_said(caplog):
    with caplog.at_level(logging.INFO, logger="relmaps"):
        splits = split_subjects(cohort(2, 6), folds=2, validation_fraction=0.2, seed=0)
    assert set(splits["role"]) == {"train", "test"}
    assert "too few participants to validate" in caplog.text


def test_each_fold_says_whom_it_tests(caplog):
    people = cohort(2, 2).assign(sex=["f", "f", "m", None], age=[70, 70, 80.25, np.nan])
    with caplog.at_level(logging.INFO, logger="relmaps"):
        splits = split_subjects(people, folds=2, validation_fraction=0.2, seed=0)
    fold = splits.query("role == 'test' and participant_id == 'sub-002'")["fold"].item()
    told = [record.getMessage() for record in caplog.records if "tests" in record.getMessage()]
    assert len(told) == 2
    assert (
        f"fold {fold} tests 1 control (70.0 years, 100% women), 1 disease (80.2 years, 0% women)" == told[int(fold) - 1]
    )
    assert told[2 - int(fold)].endswith("1 disease (age n/a, sex n/a)")


@pytest.mark.parametrize("seed", range(4))
def test_a_site_is_on_one_side_of_a_fold(seed):
    people = described(60, 50, seed, sites=15)
    splits = split_subjects(people, 4, 0.2, seed, group_by_site=True)
    sited = splits.merge(people[["participant_id", "site"]], on="participant_id")
    assert (sited.groupby(["fold", "site"])["role"].nunique() == 1).all()
    assert (splits[splits["role"] == "test"].groupby("participant_id").size() == 1).all()
    counts = splits.groupby(["fold", "role", "label"]).size().unstack(fill_value=0)
    assert len(counts) == 4 * 3
    assert (counts > 0).all(axis=None)
    share = counts.xs("test", level="role").sum(axis=1) / len(people)
    assert (abs(share - 1 / 4) < 0.1).all()
    pd.testing.assert_frame_equal(splits, split_subjects(people, 4, 0.2, seed, group_by_site=True))


@pytest.mark.slow
def test_sites_of_one_class_leave_both_classes_to_validate_and_to_train_on():
    validated = 0
    for seed in range(60):
        people = described(14, 14, seed, sites=7)
        people.loc[people["site"].isin(["site-01", "site-02"]), "label"] = 0
        people.loc[people["site"].isin(["site-03", "site-04"]), "label"] = 1
        try:
            splits = split_subjects(people, 2, 0.3, seed, group_by_site=True)
        except UserError:
            continue
        assert (splits.groupby(["fold", "role"])["label"].nunique() == 2).all()
        validated += splits.loc[splits["role"] == "validation", "fold"].nunique()
    assert validated > 20


@pytest.mark.parametrize("seed", range(5))
def test_the_sites_that_come_closest_to_the_fraction_validate(seed):
    sizes = {"large": 24, "other": 24} | {f"small-{i}": 4 for i in range(6)}
    people = cohort(36, 36)
    people["label"] = [0] * 14 + [1] * 10 + [0] * 10 + [1] * 14 + [0, 1] * 12  # uneven sites are dealt out first
    people["site"] = np.repeat(list(sizes), list(sizes.values()))
    splits = split_subjects(people, 2, 0.2, seed, group_by_site=True)
    assert splits.groupby(["fold", "role"]).size().unstack().to_dict("list") == {
        "test": [36, 36],
        "train": [32, 32],
        "validation": [4, 4],
    }


def test_without_grouping_sites_are_spread():
    people = described(60, 50, 0, sites=15)
    splits = split_subjects(people, 4, 0.2, seed=0)
    sited = splits.merge(people[["participant_id", "site"]], on="participant_id")
    assert (sited.groupby(["fold", "site"])["role"].nunique() > 1).any()


def test_sites_that_cannot_validate_leave_no_validation_part(caplog):
    people = cohort(8, 8).assign(site=["a", "b"] * 8)
    with caplog.at_level(logging.INFO, logger="relmaps"):
        splits = split_subjects(people, 2, 0.2, seed=0, group_by_site=True)
    assert set(splits["role"]) == {"train", "test"}
    assert "fold 2: too few participants to validate" in caplog.text


SITES = np.repeat(["a", "b", "c", "d"], 4)


@pytest.mark.parametrize(
    ("people", "folds", "message"),
    [
        (cohort(8, 8), 2, r"sub-000 and 15 more has no site.*group_by_site to false"),
        (cohort(8, 8).assign(site=[None, *SITES[1:]]), 2, r"group_by_site: sub-000 has no site"),
        (cohort(8, 8).assign(site=SITES), 5, r"4 site\(s\), fewer than the 5 folds; set classify.folds to 4 or"),
        (cohort(8, 8).assign(site="a"), 2, r"1 site\(s\).*; set classify.group_by_site to false"),
        (
            cohort(8, 8).assign(site=SITES),
            4,
            r"group_by_site: .* fold 1 have no scan of one class; set classify.folds to fewer or",
        ),
        (cohort(8, 8).assign(site=["a"] * 4 + ["b"] * 12), 2, "have no scan of one class"),
    ],
    ids=["no column", "one missing", "few sites", "one site", "sites of one class", "one-sided"],
)
def test_sites_that_cannot_be_folds_are_refused(people, folds, message):
    with pytest.raises(UserError, match=message):
        split_subjects(people, folds, 0.2, seed=0, group_by_site=True)


def test_all_are_tested_in_every_fold_of_finished_models():
    splits = split_external(described(3, 2, 0), ["1", "2", "3"])
    assert list(splits) == ["fold", "participant_id", "label", "role"]
    assert set(splits["role"]) == {"test"}
    counts = splits.groupby("fold")["participant_id"].nunique()
    assert counts.to_dict() == {"1": 5, "2": 5, "3": 5}
    assert splits.groupby("fold").size().to_dict() == counts.to_dict()


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
    rows = find_rows(shuffled, subjects, "2", "train", "validation")
    part = splits[(splits["fold"] == "2") & (splits["role"] != "test")]
    assert list(subjects["participant_id"].iloc[rows]) == sorted(part["participant_id"])


def test_rows_of_other_participants_are_refused(subjects, splits):
    with pytest.raises(UserError, match="fold 1 does not have the participants"):
        find_rows(splits, subjects.iloc[1:], "1", "test")
