import numpy as np
import pandas as pd
import pytest

from relmaps.io.tables import write_table
from relmaps.overlap.recovery import recovery_table

BASELINES = ["mean_t1", "untrained"]


def scores_of(aucs, kind="ground_truth"):
    return pd.DataFrame(
        [
            {
                "map": name,
                "fold": "all",
                "reference": "truth",
                "reference_kind": kind,
                "metric": "roc_auc",
                "primary": "true",
                "value": auc,
                "ci_low": auc - 0.1,
                "ci_high": auc + 0.1,
            }
            for name, auc in aucs.items()
        ]
    )


def make_comparisons(*rows, reference="truth"):
    columns = ["map_a", "map_b", "difference", "ci_low", "ci_high"]
    return pd.DataFrame(rows, columns=columns).assign(reference=reference, metric="roc_auc")


def test_recovers_if_high_and_above_every_baseline():
    scores = scores_of({"lrp": 0.8, "mean_t1": 0.7, "untrained": 0.65})
    comparisons = make_comparisons(("lrp", "mean_t1", 0.1, 0.02, 0.2), ("lrp", "untrained", 0.15, 0.05, 0.25))
    row = recovery_table(scores, comparisons, BASELINES).iloc[0]
    assert (row["recovered"], row["worst_baseline"], row["difference_ci_low"]) == ("true", "mean_t1", 0.02)
    assert (row["auc"], row["ci_low"], row["ci_high"]) == pytest.approx((0.8, 0.7, 0.9))


def test_the_ceiling_is_not_judged_and_no_baseline_to_beat():
    """As the rule asks: unjudged, and left out of the comparisons."""
    scores = scores_of({"lrp": 0.8, "mean_t1": 0.7, "untrained": 0.65, "oracle": 0.99})
    comparisons = make_comparisons(("lrp", "mean_t1", 0.1, 0.02, 0.2), ("lrp", "untrained", 0.15, 0.05, 0.25))
    table = recovery_table(scores, comparisons, BASELINES, ["oracle"])
    assert table[["map", "recovered"]].to_numpy().tolist() == [["lrp", "true"]]


@pytest.mark.parametrize(
    ("auc", "lows"),
    [(0.74, (0.02, 0.05)), (0.8, (0.0, 0.05)), (0.8, (-0.01, 0.05)), (0.8, (0.05, -0.01)), (0.8, (0.05, np.nan))],
)
def test_one_failed_condition_is_enough(auc, lows):
    scores = scores_of({"lrp": auc, "mean_t1": 0.7, "untrained": 0.65})
    comparisons = make_comparisons(("lrp", "mean_t1", 0.1, lows[0], 0.2), ("lrp", "untrained", 0.1, lows[1], 0.2))
    assert recovery_table(scores, comparisons, BASELINES)["recovered"].tolist() == ["false"]


def test_a_baseline_that_stands_first_is_turned_round():
    scores = scores_of({"mean_t1": 0.7, "lrp": 0.8, "untrained": 0.65})
    comparisons = make_comparisons(("mean_t1", "lrp", -0.1, -0.2, -0.01), ("lrp", "untrained", 0.15, 0.05, 0.25))
    row = recovery_table(scores, comparisons, BASELINES).iloc[0]
    assert (row["recovered"], row["difference"], row["difference_ci_low"]) == ("true", 0.1, 0.01)


def test_prior_knowledge_is_not_judged():
    scores = scores_of({"lrp": 0.8, "mean_t1": 0.7, "untrained": 0.65, "prior": 0.9})
    comparisons = make_comparisons(("lrp", "mean_t1", 0.1, 0.02, 0.2), ("lrp", "untrained", 0.15, 0.05, 0.25))
    assert recovery_table(scores, comparisons, BASELINES, ["prior"])["map"].tolist() == ["lrp"]


def test_without_truth_nothing_is_said(tmp_path):
    scores = scores_of({"lrp": 0.8, "mean_t1": 0.7, "untrained": 0.65}, kind="meta_analysis")
    comparisons = make_comparisons(("lrp", "mean_t1", 0.1, 0.02, 0.2), reference="meta_analysis")
    table = recovery_table(scores, comparisons, BASELINES)
    write_table(table, tmp_path / "recovery.tsv", "recovery")
    assert (tmp_path / "recovery.tsv").read_text().splitlines()[1] == "\t".join(["lrp"] + ["n/a"] * 8)


def test_an_empty_truth_says_nothing_either():
    scores = scores_of({"lrp": np.nan, "mean_t1": np.nan, "untrained": np.nan})
    comparisons = make_comparisons(("lrp", "mean_t1", np.nan, np.nan, np.nan))
    assert recovery_table(scores, comparisons, BASELINES)["recovered"].isna().tolist() == [True]
