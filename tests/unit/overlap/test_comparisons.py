from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from relmaps.io.tables import write_table
from relmaps.overlap.bootstrap_samples import BootstrapSamples
from relmaps.overlap.comparisons import comparison_table
from relmaps.overlap.metrics import METRICS
from relmaps.overlap.resampling import corrected_t_p, interval, two_sided_p
from relmaps.overlap.retraining import retraining_table
from relmaps.overlap.scores import score_table
from relmaps.overlap.scoring_space import list_specifications

SWEEP = {"sign": ["abs"], "smoothing_mm": [0, 8], "mask": ["brain"]}


@pytest.fixture(scope="module")
def made(scored_maps, scoring_space, primary):
    """Scores, samples, retraining, and the table that is made of them: once for all tests, which get copies."""
    rng = np.random.default_rng(1)
    names = [reference.name for reference in scoring_space.references]
    shared = rng.normal(0, 0.05, (199, 2, len(METRICS)))  # what makes samples of two maps paired
    samples = {
        name: {primary: BootstrapSamples(mean + shared + rng.normal(0, 0.01, shared.shape), names, list(METRICS))}
        for name, mean in (("good", 0.8), ("noise", 0.5))
    }
    scores = score_table(scored_maps, scoring_space, list_specifications(SWEEP), primary)
    retraining = retraining_table(scored_maps, scoring_space, primary)
    return scores, samples, retraining, comparison_table(scores, samples, 0.95, retraining)


@pytest.fixture
def scores(made):
    return made[0].copy()


@pytest.fixture
def samples(made):
    return dict(made[1])


@pytest.fixture
def retraining(made):
    return made[2].copy()


@pytest.fixture
def table(made):
    return made[3].copy()


def value_of(scores, name, fold="all"):
    chosen = scores.query(
        "map == @name and fold == @fold and reference == 'truth' and metric == 'roc_auc' and primary == 'true'"
    )
    return chosen["value"].item()


def row_of(table, a, b):
    return table.query("map_a == @a and map_b == @b and reference == 'truth' and metric == 'roc_auc'").iloc[0]


def test_all_pairs_for_each_reference_and_metric(table):
    assert len(table) == 3 * 2 * len(METRICS)
    assert not table.duplicated(["map_a", "map_b", "reference", "metric"]).any()
    assert set(table["smoothing_mm"]) == {8}


def test_difference_is_paired(table, scores, samples, primary):
    row = row_of(table, "good", "noise")
    difference = value_of(scores, "good") - value_of(scores, "noise")
    paired = samples["good"][primary].of("truth", "roc_auc") - samples["noise"][primary].of("truth", "roc_auc")
    assert row["difference"] == pytest.approx(difference)
    np.testing.assert_allclose([row["ci_low"], row["ci_high"]], interval(paired, 0.95))
    assert row["p"] == two_sided_p(paired)


def test_a_fixed_map_has_a_constant_score(table, scores, samples, primary):
    row = row_of(table, "good", "fixed")
    constant = value_of(scores, "fixed")
    varying = samples["good"][primary].of("truth", "roc_auc") - constant
    np.testing.assert_allclose([row["ci_low"], row["ci_high"]], interval(varying, 0.95))
    assert np.isnan(row["p_resampled"])


def test_two_fixed_maps_have_a_difference_but_no_test(scores, samples, retraining):
    del samples["good"]
    row = row_of(comparison_table(scores, samples, 0.95, retraining), "good", "fixed")
    assert np.isfinite(row["difference"])
    assert pd.isna(row["test"])
    assert np.isnan([row["ci_low"], row["p"], row["p_holm"]]).all()


def test_p_resampled_is_over_the_folds_of_both(table, scores):
    differences = [value_of(scores, "good", fold) - value_of(scores, "noise", fold) for fold in ("1", "2", "3")]
    assert row_of(table, "good", "noise")["p_resampled"] == pytest.approx(corrected_t_p(np.array(differences), 3))


def test_holm_within_one_reference_and_metric(table):
    for _, group in table.groupby(["reference", "metric"]):
        ordered = group.sort_values("p")
        expected, highest = [], 0.0
        for rank, p in enumerate(ordered["p"]):
            highest = max(highest, min(1, p * (len(ordered) - rank)))
            expected.append(highest)
        np.testing.assert_allclose(ordered["p_holm"], expected)


def test_holm_gives_each_pair_its_own_p_whatever_their_order(scores, samples, retraining):
    """The first pair, of two maps with the same samples, has the largest p."""
    table = comparison_table(scores, samples | {"noise": samples["good"]}, 0.95, retraining)
    assert row_of(table, "good", "noise")["p_holm"] == 1
    for name in ("good", "noise"):
        row = row_of(table, name, "fixed")
        assert row["p"] == pytest.approx(2 / 200)
        assert row["p_holm"] == pytest.approx(6 / 200)


def test_an_empty_reference_has_rows_without_values(scores, samples, retraining, tmp_path):
    for table in (scores, retraining):
        table.loc[table["reference"] == "meta_analysis", "value"] = np.nan
    table = comparison_table(scores, samples, 0.95, retraining)
    empty = table[table["reference"] == "meta_analysis"]
    assert len(empty) == 3 * len(METRICS)
    assert empty[["difference", "ci_low", "p", "p_resampled", "p_holm"]].isna().all(axis=None)
    write_table(table, tmp_path / "comparisons.tsv", "comparisons")


def test_other_specifications_with_samples_are_compared_too(scores, samples, retraining, primary, table):
    other = replace(primary, smoothing_mm=0)
    both = {name: of_map | {other: of_map[primary]} for name, of_map in samples.items()}
    twice = comparison_table(scores, both, 0.95, retraining)
    assert len(twice) == 2 * len(table)
    added = twice[twice["primary"] == "false"]
    assert set(added["smoothing_mm"]) == {0}
    assert added["p_resampled"].isna().all()
    assert np.isfinite(row_of(added, "good", "noise")["p_holm"])
    again = twice[twice["primary"] == "true"].reset_index(drop=True)
    pd.testing.assert_frame_equal(again, table)


def test_the_ceiling_changes_no_comparison(made, table):
    scores, samples, retraining, _ = made
    of_truth = scores[scores["map"] == "noise"].assign(map="oracle", value=0.99)
    again = comparison_table(pd.concat([scores, of_truth]), samples, 0.95, retraining)
    pd.testing.assert_frame_equal(again, table)
