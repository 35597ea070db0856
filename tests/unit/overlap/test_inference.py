from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from relmaps.io.tables import read_table, write_table
from relmaps.overlap.bootstrap_samples import BootstrapSamples
from relmaps.overlap.inference import COLUMNS, Inference
from relmaps.overlap.metrics import METRICS
from relmaps.overlap.resampling import null_p
from relmaps.overlap.retraining import retraining_table
from relmaps.overlap.scores import primary_rows, score_table
from relmaps.overlap.scoring_space import Specification, list_specifications

SWEEP = {"sign": ["abs"], "smoothing_mm": [0, 8], "mask": ["brain"]}


@pytest.fixture
def inference(scored_maps, scoring_space, primary, rng):
    names = [reference.name for reference in scoring_space.references]

    def samples(reliability=np.nan):
        return BootstrapSamples(rng.random((99, 2, len(METRICS))), names, list(METRICS), reliability)

    permuted = pd.DataFrame(
        [(str(seed), "good", "truth", metric, rng.random()) for seed in range(25) for metric in METRICS]
        + [(str(seed), "noise", "truth", metric, rng.random()) for seed in range(5) for metric in METRICS],
        columns=["permutation", "map", "reference", "metric", "value"],
    )
    return Inference(
        samples={"good": {primary: samples(0.8)}, "noise": {primary: samples(0.1)}},
        nulls={name: {primary: samples()} for name in ("good", "noise", "fixed")},
        permuted=permuted,
        retraining=retraining_table(scored_maps, scoring_space, primary),
        confidence=0.9,
    )


@pytest.fixture
def table(scored_maps, scoring_space, primary, inference):
    return inference.add_to(score_table(scored_maps, scoring_space, list_specifications(SWEEP), primary))


def of_map(table, name, metric="roc_auc"):
    rows = primary_rows(table).query("map == @name and fold == 'all' and reference == 'truth' and metric == @metric")
    assert len(rows) == 1
    return rows.iloc[0]


@pytest.mark.parametrize("metric", ["roc_auc", "centre_distance_mm"])
def test_the_primary_analysis_has_its_interval_nulls_and_runs(table, inference, primary, metric):
    row = of_map(table, "good", metric)
    column = list(METRICS).index(metric)
    low, high = np.quantile(inference.samples["good"][primary].scores[:, 1, column], [0.05, 0.95])
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((low, high))
    null = inference.nulls["good"][primary].scores[:, 1, column]
    assert row["null_p_spatial"] == null_p(row["value"], null, METRICS[metric])
    shuffled = inference.permuted.query("map == 'good' and metric == @metric")["value"].to_numpy()
    assert row["null_p_labels"] == null_p(row["value"], shuffled, METRICS[metric])
    runs = inference.retraining.query("map == 'good' and reference == 'truth' and metric == @metric")["value"]
    assert row["retraining_sd"] == pytest.approx(runs.std())
    assert (row["reliability"], row["note"]) == (0.8, "-")


def test_what_cannot_be_had_says_why(table):
    noise, fixed = of_map(table, "noise"), of_map(table, "fixed")
    assert noise["note"] == "no label permutations: 5 permutations, 20 are needed"
    assert np.isnan(noise["null_p_labels"])
    assert fixed[["ci_low", "null_p_labels", "retraining_sd"]].isna().all()
    for reason in ("no interval: does not depend on the subjects", "no label permutations", "no retraining_sd"):
        assert reason in fixed["note"]
    other = table[(table["primary"] == "false") | (table["fold"] != "all")]
    assert other[[name for name in COLUMNS if name != "note"]].isna().all(axis=None)
    assert set(other["note"]) == {"no inference asked for here", "map of one fold: no inference"}


def test_every_gap_has_a_reason(table):
    gaps = primary_rows(table)[COLUMNS[:-1]].isna().any(axis=1)
    assert ((primary_rows(table)["note"] != "-") == gaps).all()


def test_a_reference_without_voxels_has_a_reason(table, inference):
    table = table.drop(columns=COLUMNS).assign(value=np.nan)
    assert of_map(inference.add_to(table), "good")["note"].startswith("nothing to score")


def test_table_fits_its_schema_and_is_read_back(table, tmp_path):
    write_table(table, tmp_path / "scores.tsv", "scores")
    read = read_table(tmp_path / "scores.tsv")
    assert len(primary_rows(read)) == len(primary_rows(table))
    assert read["note"].notna().all()


def test_other_specifications_with_samples_get_intervals_and_the_spatial_null(
    scored_maps, scoring_space, primary, inference
):
    other = Specification("abs", 0, "brain")
    samples = {name: of_map | {other: of_map[primary]} for name, of_map in inference.samples.items()}
    nulls = {name: of_map | {other: of_map[primary]} for name, of_map in inference.nulls.items()}
    table = replace(inference, samples=samples, nulls=nulls).add_to(
        score_table(scored_maps, scoring_space, list_specifications(SWEEP), primary)
    )
    rows = table[(table["primary"] == "false") & (table["fold"] == "all") & (table["map"] == "good")]
    at_thresholds = rows[rows["threshold_label"].isin([cut.label for cut in scoring_space.thresholds])]
    own = rows.drop(at_thresholds.index)
    assert len(own) == 2 * len(METRICS)
    assert own[["ci_low", "null_p_spatial", "reliability"]].notna().all(axis=None)
    assert own[["null_p_labels", "retraining_sd"]].isna().all(axis=None)
    assert set(own["note"]) == {"no label permutations and no retraining_sd: in the primary analysis only"}
    assert at_thresholds["ci_low"].isna().all()
