import numpy as np
import pytest

from relmaps.overlap.metrics import CURVE_METRICS, METRICS
from relmaps.overlap.permuted import null_p, permuted_table


def test_scores_are_those_of_the_headline_and_p_is_among_the_others(arena, headline, rng):
    n = arena.brain.sum()
    maps = {str(seed): {"lrp": rng.random(n), "vbm_t": rng.random(n)} for seed in range(4)}
    table = permuted_table(maps, arena, headline)
    scores = {seed: arena.scorer(headline)(of["lrp"])[1] for seed, of in maps.items()}
    some = table[(table["map"] == "lrp") & (table["reference"] == "truth")]
    for number, metric in enumerate(dict.fromkeys(some["metric"])):
        rows = some[some["metric"] == metric].set_index("permutation")
        assert rows["value"].tolist() == [scores[seed][number] for seed in maps]
        for seed, row in rows.iterrows():
            others = [scores[other][number] for other in maps if other != seed]
            sign = 1 if METRICS[metric].higher_is_better else -1
            assert row["null_p_labels"] == (1 + sum(sign * other >= sign * row["value"] for other in others)) / 4


def test_each_map_is_held_against_its_own_spatial_null(arena, headline, rng):
    n = arena.brain.sum()
    maps = {str(seed): {"lrp": rng.random(n), "vbm_t": rng.random(n)} for seed in range(2)}
    nulls = {values.tobytes(): rng.random((9, 2, len(CURVE_METRICS))) for of in maps.values() for values in of.values()}
    table = permuted_table(maps, arena, headline, lambda values: nulls[values.tobytes()])
    row = table.query("permutation == '1' and map == 'vbm_t' and reference == 'truth' and metric == 'roc_auc'").iloc[0]
    null = nulls[maps["1"]["vbm_t"].tobytes()][:, 1, list(CURVE_METRICS).index("roc_auc")]
    assert row["null_p_spatial"] == null_p(row["value"], null, METRICS["roc_auc"])
    assert (table["null_p_spatial"].notna() == table["metric"].isin(CURVE_METRICS)).all()


def test_p_is_never_zero_and_cannot_be_had_without_a_null():
    auc, distance = METRICS["roc_auc"], METRICS["centre_distance_mm"]
    assert null_p(0.9, np.array([0.1, 0.2, np.nan]), auc) == pytest.approx(1 / 3)
    assert null_p(0.1, np.array([0.1, 0.2]), auc) == 1
    assert null_p(0.1, np.array([0.2, 0.3]), distance) == pytest.approx(1 / 3)
    assert np.isnan(null_p(0.9, np.array([]), auc))
    assert np.isnan(null_p(np.nan, np.array([0.1]), auc))
