from relmaps.overlap.metrics import CURVE_METRICS, METRICS
from relmaps.overlap.permuted import permuted_table
from relmaps.overlap.resampling import null_p


def test_scores_are_those_of_the_primary_analysis_and_p_is_among_the_others(scoring_space, primary, rng):
    n = scoring_space.brain.sum()
    maps = {str(seed): {"lrp": rng.random(n), "vbm_t": rng.random(n)} for seed in range(4)}
    table = permuted_table(maps, scoring_space, primary)
    scores = {seed: scoring_space.scorer(primary)(of["lrp"])[1] for seed, of in maps.items()}
    some = table[(table["map"] == "lrp") & (table["reference"] == "truth")]
    for number, metric in enumerate(dict.fromkeys(some["metric"])):
        rows = some[some["metric"] == metric].set_index("permutation")
        assert rows["value"].tolist() == [scores[seed][number] for seed in maps]
        for seed, row in rows.iterrows():
            others = [scores[other][number] for other in maps if other != seed]
            sign = 1 if METRICS[metric].higher_is_better else -1
            assert row["null_p_labels"] == (1 + sum(sign * other >= sign * row["value"] for other in others)) / 4


def test_each_map_is_held_against_its_own_spatial_null(scoring_space, primary, rng):
    n = scoring_space.brain.sum()
    maps = {str(seed): {"lrp": rng.random(n), "vbm_t": rng.random(n)} for seed in range(2)}
    nulls = {values.tobytes(): rng.random((9, 2, len(CURVE_METRICS))) for of in maps.values() for values in of.values()}
    table = permuted_table(maps, scoring_space, primary, lambda values: nulls[values.tobytes()])
    row = table.query("permutation == '1' and map == 'vbm_t' and reference == 'truth' and metric == 'roc_auc'").iloc[0]
    null = nulls[maps["1"]["vbm_t"].tobytes()][:, 1, list(CURVE_METRICS).index("roc_auc")]
    assert row["null_p_spatial"] == null_p(row["value"], null, METRICS["roc_auc"])
    assert (table["null_p_spatial"].notna() == table["metric"].isin(CURVE_METRICS)).all()
