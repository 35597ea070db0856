from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from relmaps.overlap.sample_size_curve import sample_size_table, severity_levels, size_levels
from relmaps.relevance.group import GroupMap
from relmaps.relevance.model_free.mean_t1 import WeightedMean
from relmaps.relevance.pooling import FoldHeatmaps, PooledHeatmaps
from relmaps.relevance.semantics import MapSemantics

N = 40
MEANING = MapSemantics("positive = more", "n/a", "n/a", "n/a", "n/a")
LABELS = np.array([0, 1] * (N // 2))
# Unequal folds: 4, 6, 10 of each class.
FOLDS = np.repeat(["1", "2", "3"], [8, 12, 20])


@pytest.fixture
def participants():
    return pd.Series([f"sub-{n:02d}" for n in range(N)])


@pytest.fixture
def splits(participants):
    """In another order than the participants."""
    people = pd.DataFrame({"participant_id": participants, "label": LABELS})
    tables = [people.assign(fold=fold, role=np.where(fold == FOLDS, "test", "train")) for fold in ("1", "2", "3")]
    return pd.concat(tables)[::-1]


@pytest.fixture
def severity(participants, rng):
    """Of those with disease; sides differ."""
    left, right = rng.lognormal(1, 0.5, (2, N)) * LABELS
    table = pd.DataFrame({"participant_id": participants, "severity_left": left, "severity_right": right})
    return table.sample(frac=1, random_state=1)


def count(weights, chosen):
    return (weights[:, chosen]).sum(axis=1)


def test_sizes_keep_each_fold_s_share_of_each_class(participants, splits):
    levels = size_levels(participants, splits, [0.5, 0.01, 1, 0.25], 7, seed=3)
    assert [(by, level) for by, level, _ in levels] == [("size", 6), ("size", 10), ("size", 20), ("size", 40)]
    assert [len(weights) for *_, weights in levels] == [7, 7, 7, 1]
    for (*_, weights), shares in zip(levels, ([1, 1, 1], [1, 2, 2], [2, 3, 5], [4, 6, 10]), strict=True):
        assert set(np.unique(weights)) <= {0, 1}
        for fold, share in zip(("1", "2", "3"), shares, strict=True):
            for label in (0, 1):
                assert (count(weights, (fold == FOLDS) & (label == LABELS)) == share).all()


def test_a_replicate_grows_and_replicates_differ(participants, splits):
    *levels, (_, _, whole) = size_levels(participants, splits, [0.1, 0.5, 1], 5, seed=3)
    small, large = (weights for *_, weights in levels)
    assert (small <= large).all()
    assert whole.all()
    assert len(np.unique(large, axis=0)) == 5
    again = size_levels(participants, splits, [0.1, 0.5, 1], 5, seed=3)
    np.testing.assert_array_equal(again[1][2], large)
    assert (size_levels(participants, splits, [0.5], 5, seed=4)[0][2] != large).any()


def test_fractions_that_give_the_same_subset_are_one_level(participants, splits):
    assert [level for _, level, _ in size_levels(participants, splits, [0.01, 0.02, 0.5], 2, seed=3)] == [6, 20]


def test_where_all_are_tested_in_each_fold_only_the_class_counts(participants):
    everyone = pd.DataFrame({"participant_id": participants, "label": LABELS, "role": "test"})
    splits = pd.concat([everyone.assign(fold=fold) for fold in ("1", "2")])
    ((_, size, weights),) = size_levels(participants, splits, [0.1], 4, seed=3)
    assert size == 4
    assert (count(weights, LABELS == 1) == 2).all()


def test_thirds_rise_in_severity_and_are_of_equally_many(participants, splits, severity):
    levels = severity_levels(participants, splits, severity, 50, seed=3)
    known = severity.set_index("participant_id").loc[participants]
    mean = ((known["severity_left"] + known["severity_right"]) / 2).to_numpy()
    for fold, size in (("1", 1), ("2", 2), ("3", 3)):  # of thirds of 4, 6 and 10
        ill, well = (np.flatnonzero((fold == FOLDS) & (label == LABELS)) for label in (1, 0))
        ranked = ill[np.argsort(mean[ill])]
        ends = np.searchsorted(np.arange(len(ill)) * 3 // len(ill), [0, 1, 2, 3])
        for third, (by, _, weights) in enumerate(levels):
            members = ranked[ends[third] : ends[third + 1]]
            assert by == "severity"
            assert (count(weights, ill) == size).all()
            assert (count(weights, members) == size).all()
            assert weights[:, members].any(axis=0).all()  # each is drawn in one replicate or another
            assert (count(weights, well) == size).all()
    medians = [level for _, level, _ in levels]
    assert medians == sorted(medians)
    of_lowest = mean[(levels[0][2] * LABELS).any(axis=0)]
    assert medians[0] == pytest.approx(np.median(of_lowest))


def test_controls_are_the_same_for_each_third(participants, splits, severity):
    a, b, c = (weights[:, LABELS == 0] for *_, weights in severity_levels(participants, splits, severity, 5, seed=3))
    np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(a, c)


def test_few_with_disease_give_no_thirds(participants, splits, severity):
    few = participants.drop([3, 5])  # leaves two in fold 1
    assert severity_levels(few, splits, severity, 5, seed=3) == []
    assert len(severity_levels(participants.drop(3), splits, severity, 5, seed=3)) == 3


@pytest.fixture
def features(scoring_space, rng):
    """(40, n_voxels): noise, and where the truth is, more in those with disease."""
    truth = scoring_space.references[1].mask[scoring_space.brain]
    return (rng.normal(size=(N, truth.size)) + 0.7 * truth * LABELS[:, None]).astype(np.float32)


def heatmaps(features):
    folds = []
    for fold in ("1", "2", "3"):
        rows = np.flatnonzero(fold == FOLDS)
        n = len(rows)
        l1 = np.abs(features[rows]).sum(axis=1)
        folds.append(FoldHeatmaps(features[rows], rows, np.ones(n), l1))
    return PooledHeatmaps(folds, LABELS, "contrast", "none")


@pytest.fixture
def group_map(features):
    return GroupMap("lrp", MEANING, ["small"], "t1_syn", N, heatmaps(features))


def test_values_are_scores_of_the_mean_over_the_subset(
    group_map, features, participants, splits, scoring_space, primary
):
    levels = size_levels(participants, splits, [0.5, 1], 2, seed=3)
    table = sample_size_table(group_map, levels, LABELS, scoring_space, primary)
    assert list(table["level"].unique()) == [20, 40]
    assert len(table) == (2 + 1) * 2 * 2
    row = table.query("level == 20 and replicate == 2 and reference == 'truth' and metric == 'dice'").iloc[0]
    assert (row["map"], row["by"], row["n_disease"], row["n_control"]) == ("lrp", "size", 10, 10)
    drawn = levels[0][2][1] == 1
    literal = np.mean(
        [
            features[drawn & (fold == FOLDS) & (LABELS == 1)].mean(axis=0)
            - features[drawn & (fold == FOLDS) & (LABELS == 0)].mean(axis=0)
            for fold in ("1", "2", "3")
        ],
        axis=0,
    )
    transformed = scoring_space.scorer(primary).map_transform(literal)
    truth = scoring_space.references[1].mask[scoring_space.brain]
    highest = np.argsort(-transformed)[: truth.sum()]
    assert row["value"] == pytest.approx(truth[highest].mean())


def test_overlap_grows_with_the_cohort_and_not_where_nothing_is_left_to_learn(
    group_map, participants, splits, scoring_space, primary
):
    levels = size_levels(participants, splits, [0.01, 1], 20, seed=3)
    truth = sample_size_table(group_map, levels, LABELS, scoring_space, primary).query("reference == 'truth'")
    small, large = truth[truth["metric"] == "roc_auc"].groupby("level")["value"].mean()
    assert large > small + 0.1
    same = GroupMap("mean_t1", MEANING, "n/a", "t1_syn", N, WeightedMean(np.tile(group_map.published(), (N, 1))))
    values = sample_size_table(same, levels, LABELS, scoring_space, primary).groupby(["reference", "metric"])["value"]
    assert (values.std() < 1e-6).all()


def test_a_fixed_map_has_no_rows(participants, splits, scoring_space, primary):
    fixed = GroupMap("gm_probability", MEANING, "n/a", "n/a", N, None, subject_based=False)
    table = sample_size_table(fixed, size_levels(participants, splits, [1], 1, 0), LABELS, scoring_space, primary)
    assert table.empty
    assert "replicate" in table


def test_an_empty_reference_has_no_value(group_map, participants, splits, scoring_space, primary):
    empty_one = replace(scoring_space.references[0], mask=np.zeros_like(scoring_space.references[0].mask))
    scoring_space = replace(scoring_space, references=[empty_one, *scoring_space.references[1:]])
    table = sample_size_table(group_map, size_levels(participants, splits, [0.5], 1, 0), LABELS, scoring_space, primary)
    assert table["value"].isna().equals(table["reference"] == "meta_analysis")
