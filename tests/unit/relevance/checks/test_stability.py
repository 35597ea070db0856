import numpy as np
import pytest
from scipy import stats

from relmaps.relevance.checks.stability import agreement_table, correlations, stability_rows


def test_correlations_are_scipy_s(rng):
    maps = np.exp(rng.normal(size=(3, 200))) + rng.normal(size=200)
    found = correlations(maps)
    for a, b in ((0, 1), (2, 0)):
        assert found["pearson"][a, b] == pytest.approx(stats.pearsonr(maps[a], maps[b]).statistic)
        assert found["spearman"][a, b] == pytest.approx(stats.spearmanr(maps[a], maps[b]).statistic)


def test_a_map_that_does_not_vary_has_no_correlation(rng):
    found = correlations(np.array([rng.normal(size=20), np.zeros(20)]))
    assert np.isnan([found["pearson"][0, 1], found["spearman"][0, 1]]).all()


def test_pairs_differ_in_one_thing(rng):
    models, folds = ["small", "wide"], ["1", "2", "3"]
    common = rng.normal(size=100)
    fold_maps = {(model, fold): common + rng.normal(size=100) for model in models for fold in folds}
    seed_maps = {key: common + rng.normal(size=(2, 100)) for key in fold_maps}
    table = stability_rows(fold_maps, seed_maps).set_index("between")
    assert table["n_pairs"].to_dict() == {"seeds": 6, "folds": 6, "architectures": 3}
    pairs = {
        "seeds": [tuple(maps) for maps in seed_maps.values()],
        "folds": [(fold_maps[model, a], fold_maps[model, b]) for model in models for a, b in ("12", "13", "23")],
        "architectures": [(fold_maps["small", fold], fold_maps["wide", fold]) for fold in folds],
    }
    for between, both in pairs.items():
        pearson = [stats.pearsonr(a, b).statistic for a, b in both]
        spearman = [stats.spearmanr(a, b).statistic for a, b in both]
        expected = [np.mean(pearson), np.min(pearson), np.mean(spearman), np.min(spearman)]
        columns = ["pearson", "pearson_lowest", "spearman", "spearman_lowest"]
        np.testing.assert_allclose(table.loc[between, columns].astype(float), expected)


def test_what_has_no_pairs_is_missing(rng):
    fold_maps = {("small", fold): rng.normal(size=10) for fold in "12"}
    seed_maps = {key: values[None] for key, values in fold_maps.items()}
    table = stability_rows(fold_maps, seed_maps).set_index("between")
    assert table["n_pairs"].tolist() == [0, 1, 0]
    assert table["pearson"].isna().tolist() == [True, False, True]


def test_every_pair_of_maps_is_there_once(rng):
    maps = {name: rng.normal(size=50) for name in "abc"}
    maps["d"] = -maps["a"]
    table = agreement_table(maps).set_index(["map_a", "map_b"])
    assert list(table.index) == [("a", "b"), ("a", "c"), ("a", "d"), ("b", "c"), ("b", "d"), ("c", "d")]
    assert table.loc[("a", "d")].tolist() == pytest.approx([-1, -1, 1])
    assert table.loc[("b", "c"), "pearson"] == pytest.approx(np.corrcoef(maps["b"], maps["c"])[0, 1])
    rho = stats.spearmanr(np.abs(maps["b"]), np.abs(maps["c"])).statistic
    assert table.loc[("b", "c"), "spearman_absolute"] == pytest.approx(rho)
