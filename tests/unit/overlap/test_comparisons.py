from dataclasses import replace
from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from relmaps.io.tables import write_table
from relmaps.overlap.bootstrap_samples import BootstrapSamples
from relmaps.overlap.comparisons import comparison_table
from relmaps.overlap.metrics import METRICS
from relmaps.overlap.resampling import interval, max_t_p, two_sided_p
from relmaps.overlap.scores import score_table
from relmaps.overlap.scoring_space import list_specifications

SWEEP = {"sign": ["abs"], "smoothing_mm": [0, 8], "mask": ["brain"]}
# A heatmap, a map of a linear model, a baseline that does not depend on the subjects, and two maps in no family.
NAMES = ["vbm_t", "svm_pattern", "lrp", "gm_probability", "their_map"]
MEANS = {"vbm_t": 0.75, "svm_pattern": 0.7, "lrp": 0.8}


@pytest.fixture(scope="module")
def made(scored_maps, scoring_space, primary):
    """Scores, samples, and the table that is made of them: once for all tests, which get copies."""
    rng = np.random.default_rng(1)
    names = [reference.name for reference in scoring_space.references]
    shared = rng.normal(0, 0.05, (199, 2, len(METRICS)))  # what makes samples of two maps paired
    samples = {
        name: {primary: BootstrapSamples(mean + shared + rng.normal(0, 0.05, shared.shape), names, list(METRICS))}
        for name, mean in MEANS.items()
    }
    good, noise, fixed = scored_maps
    maps = [replace(made, name=name) for name, made in zip(NAMES, (good, noise, good, fixed, noise), strict=True)]
    scores = score_table(maps, scoring_space, list_specifications(SWEEP), primary)
    return scores, samples, comparison_table(scores, samples, 0.95)


@pytest.fixture
def scores(made):
    return made[0].copy()


@pytest.fixture
def samples(made):
    return dict(made[1])


@pytest.fixture
def table(made):
    return made[2].copy()


def value_of(scores, name):
    chosen = scores.query(
        "map == @name and fold == 'all' and reference == 'truth' and metric == 'roc_auc' and primary == 'true'"
    )
    return chosen["value"].item()


def row_of(table, a, b):
    rows = table.query("map_a == @a and map_b == @b and reference == 'truth' and metric == 'roc_auc'")
    assert len(rows) == 1
    return rows.iloc[0]


def test_all_pairs_for_each_reference_and_metric(table):
    assert len(table) == 10 * 2 * len(METRICS)
    for _, group in table.groupby(["reference", "metric"]):
        found = {frozenset(pair) for pair in zip(group["map_a"], group["map_b"], strict=True)}
        assert found == {frozenset(pair) for pair in combinations(NAMES, 2)}
    assert set(table["smoothing_mm"]) == {8}


def test_a_pair_of_a_family_starts_with_the_heatmap_and_others_keep_their_order(table):
    assert row_of(table, "lrp", "svm_pattern")["family"] == "heatmap_linear"
    assert row_of(table, "lrp", "gm_probability")["family"] == "heatmap_baseline"
    tested = table.dropna(subset="family")
    assert set(tested["map_a"]) == {"lrp"}
    assert set(tested["map_b"]) == {"svm_pattern", "gm_probability"}
    for a, b in (("vbm_t", "svm_pattern"), ("vbm_t", "lrp"), ("svm_pattern", "gm_probability"), ("lrp", "their_map")):
        row = row_of(table, a, b)
        assert row[["family", "p_adjusted"]].isna().all()
        assert np.isfinite(row[["difference", "estimate", "ci_low", "ci_high", "p"]].astype(float)).all()


def test_difference_is_paired(table, scores, samples, primary):
    row = row_of(table, "lrp", "svm_pattern")
    difference = value_of(scores, "lrp") - value_of(scores, "svm_pattern")
    paired = samples["lrp"][primary].of("truth", "roc_auc") - samples["svm_pattern"][primary].of("truth", "roc_auc")
    assert row["difference"] == pytest.approx(difference)
    np.testing.assert_allclose([row["ci_low"], row["ci_high"]], interval(paired, 0.95))
    assert row["estimate"] == np.median(paired)
    assert row["p"] == two_sided_p(paired)


def test_the_estimate_lies_inside_the_interval_even_where_the_difference_does_not(table):
    known = table.dropna(subset="estimate")
    assert ((known["ci_low"] <= known["estimate"]) & (known["estimate"] <= known["ci_high"])).all()
    assert not ((known["ci_low"] <= known["difference"]) & (known["difference"] <= known["ci_high"])).all()


def test_a_fixed_map_has_a_constant_score(table, scores, samples, primary):
    row = row_of(table, "lrp", "gm_probability")
    varying = samples["lrp"][primary].of("truth", "roc_auc") - value_of(scores, "gm_probability")
    np.testing.assert_allclose([row["ci_low"], row["ci_high"]], interval(varying, 0.95))
    assert row["p_adjusted"] == max_t_p(varying[:, None])


def test_two_fixed_maps_have_a_difference_but_no_test(scores, samples):
    del samples["lrp"]
    row = row_of(comparison_table(scores, samples, 0.95), "lrp", "gm_probability")
    assert np.isfinite(row["difference"])
    assert row["family"] == "heatmap_baseline"
    assert row[["test", "estimate", "ci_low", "ci_high", "p", "p_adjusted"]].isna().all()


def test_samples_that_do_not_vary_have_an_interval_but_no_test(scores, samples):
    """The other pair of the family is adjusted as if this one were not there."""
    scores.loc[scores["map"] == "their_map", "map"] = "mean_t1"
    samples["mean_t1"] = samples["lrp"]
    table = comparison_table(scores, samples, 0.95)
    row = row_of(table, "lrp", "mean_t1")
    assert row[["estimate", "ci_low", "ci_high"]].tolist() == [0, 0, 0]
    assert row[["test", "p", "p_adjusted"]].isna().all()
    alone = comparison_table(scores[scores["map"] != "mean_t1"], samples, 0.95)
    expected = row_of(alone, "lrp", "gm_probability")["p_adjusted"]
    assert row_of(table, "lrp", "gm_probability")["p_adjusted"] == expected


def test_each_pair_gets_its_own_p_adjusted_for_its_family_alone(scores, samples, primary, table):
    """Another map of a linear model makes heatmap_linear larger, and leaves heatmap_baseline as it was."""
    scores.loc[scores["map"] == "vbm_t", "map"] = "svm_weights"
    samples["svm_weights"] = samples["vbm_t"]
    larger = comparison_table(scores, samples, 0.95)
    for (reference, metric), group in larger.groupby(["reference", "metric"]):
        pairs = group[group["family"] == "heatmap_linear"]
        of = {name: samples[name][primary].of(reference, metric) for name in ("lrp", "svm_pattern", "svm_weights")}
        paired = np.column_stack([of[a] - of[b] for a, b in zip(pairs["map_a"], pairs["map_b"], strict=True)])
        assert paired.shape == (199, 2)
        np.testing.assert_array_equal(pairs["p_adjusted"], max_t_p(paired))
        assert pairs["p_adjusted"].nunique() == 2
    baselines = [of_table.query("family == 'heatmap_baseline'") for of_table in (table, larger)]
    pd.testing.assert_series_equal(*(of_table["p_adjusted"].reset_index(drop=True) for of_table in baselines))


def test_an_empty_reference_has_rows_without_values(scores, samples, tmp_path):
    scores.loc[scores["reference"] == "meta_analysis", "value"] = np.nan
    table = comparison_table(scores, samples, 0.95)
    empty = table[table["reference"] == "meta_analysis"]
    assert len(empty) == 10 * len(METRICS)
    assert empty[["test", "difference", "estimate", "ci_low", "p", "p_adjusted"]].isna().all(axis=None)
    write_table(table, tmp_path / "comparisons.tsv", "comparisons")


def test_other_specifications_with_samples_are_compared_too(scores, samples, primary, table):
    other = replace(primary, smoothing_mm=0)
    both = {name: of_map | {other: of_map[primary]} for name, of_map in samples.items()}
    twice = comparison_table(scores, both, 0.95)
    assert len(twice) == 2 * len(table)
    added = twice[twice["primary"] == "false"]
    assert set(added["smoothing_mm"]) == {0}
    assert np.isfinite(row_of(added, "lrp", "svm_pattern")["p_adjusted"])
    again = twice[twice["primary"] == "true"].reset_index(drop=True)
    pd.testing.assert_frame_equal(again, table)


def test_the_ceiling_changes_no_comparison(scores, samples, table):
    of_truth = scores[scores["map"] == "noise"].assign(map="oracle", value=0.99)
    again = comparison_table(pd.concat([scores, of_truth]), samples, 0.95)
    pd.testing.assert_frame_equal(again, table)
