from itertools import combinations, product

import pytest

from relmaps.catalogue.comparisons import COMPARISON_FAMILIES, order_pair
from relmaps.catalogue.estimators import ESTIMATORS
from relmaps.catalogue.looks import COMPARISON_TITLES
from relmaps.catalogue.maps import HEATMAPS, MAPS
from relmaps.catalogue.names import comparison_name

LINEAR = [f"{estimator}_{kind}" for estimator in ESTIMATORS for kind in ("pattern", "weights", "contribution")]
BASELINES = ["mean_t1", "t1_edges", "gm_probability", "hippocampus_distance", "untrained"]


def test_heatmaps_are_tested_against_linear_models_and_baselines_and_nothing_else_is():
    expected = dict.fromkeys(product(HEATMAPS, LINEAR), "heatmap_linear")
    expected |= dict.fromkeys(product(HEATMAPS, BASELINES), "heatmap_baseline")
    pairs = [order_pair(a, b) for a, b in combinations([*MAPS, "svm_of_others", "lrp_of_others"], 2)]
    assert {(a, b): family for a, b, family in pairs if family} == expected
    assert {family for _, _, family in pairs} == {*COMPARISON_FAMILIES, None}


@pytest.mark.parametrize("pair", [("lrp", "svm_weights"), ("svm_weights", "lrp")])
def test_the_heatmap_is_first_whatever_the_order(pair):
    assert order_pair(*pair) == ("lrp", "svm_weights", "heatmap_linear")


@pytest.mark.parametrize("pair", [("vbm_t", "lrp"), ("lrp", "vbm_t"), ("lrp", "gradient"), ("their_map", "lrp")])
def test_other_pairs_keep_their_order(pair):
    assert order_pair(*pair) == (*pair, None)


def test_families_have_titles():
    assert set(COMPARISON_TITLES) == set(COMPARISON_FAMILIES)
    assert comparison_name("heatmap_linear") == "Heatmaps against linear models"
