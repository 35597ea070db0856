import pytest

from relmaps.overlap.metrics import CURVE_METRICS, METRICS
from relmaps.overlap.scores import score_table
from relmaps.overlap.scoring_space import Specification, list_specifications

SWEEP = {"sign": ["abs", "signed"], "smoothing_mm": [0, 8], "mask": ["brain", "gm"]}
N = len(METRICS)


@pytest.fixture
def table(scored_maps, scoring_space, primary):
    return score_table(scored_maps, scoring_space, list_specifications(SWEEP), primary)


def one(table, **specification):
    for column, value in specification.items():
        table = table[table[column] == value]
    assert len(table) == 1
    return table.iloc[0]


def test_every_specification_map_reference_threshold_and_metric_has_one_row(table):
    groups = table[table["fold"] == "all"]
    keys = ["map", "reference", "threshold_label", "sign", "smoothing_mm", "mask", "metric"]
    assert not groups.duplicated(keys).any()
    assert len(groups) == 3 * 8 * (2 * N + len(CURVE_METRICS))
    assert (groups["primary"] == "true").sum() == 3 * 2 * N


def test_values_are_those_of_the_specification(table, scored_maps, scoring_space):
    specification = {"sign": "signed", "smoothing_mm": 0, "mask": "gm"}
    row = one(table, map="good", fold="all", reference="truth", threshold_label="0.25", metric="dice", **specification)
    assert row["value"] == scoring_space.scorer(Specification(**specification))(scored_maps[0].values)[1, 0]
    assert (row["primary"], row["reference_kind"], row["threshold"]) == ("false", "ground_truth", 0.1)


def test_other_thresholds_are_scored_alike(table, scored_maps, scoring_space):
    values = scored_maps[0].values
    row = one(table, map="good", threshold=0.2, sign="signed", smoothing_mm=0, mask="brain", metric="roc_auc")
    inside = scoring_space.thresholds[0].mask[scoring_space.brain]
    above = values[inside][:, None] > values[~inside][None, :]
    assert row["value"] == pytest.approx(above.mean())
    assert (row["primary"], row["threshold_label"]) == ("false", "0.5")


def test_folds_are_scored_at_the_primary_analysis(table, scored_maps, scoring_space, primary):
    folds = table[table["fold"] != "all"]
    assert len(folds) == 2 * 3 * 2 * N
    assert (folds["primary"] == "true").all()
    row = one(folds, map="good", fold="2", reference="truth", metric="roc_auc")
    assert row["value"] == scoring_space.scorer(primary)(scored_maps[0].folds[1].values)[1, 2]
