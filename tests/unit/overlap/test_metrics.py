import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from relmaps.overlap.metrics import METRICS, score_curves
from relmaps.overlap.ranking import Ranking


@pytest.fixture(params=["continuous", "many ties", "mostly zero", "constant", "float32"])
def case(request, rng):
    reference = rng.random(300) < 0.2
    values = {
        "continuous": rng.standard_normal(300) + reference,
        "many ties": rng.integers(0, 6, 300) + reference,
        "mostly zero": np.maximum(rng.standard_normal(300) - 1, 0),
        "constant": np.ones(300),
        "float32": (rng.standard_normal(300) - reference).astype(np.float32),
    }[request.param]
    return values, reference


def score(name, values, reference):
    return METRICS[name](Ranking(values).against(reference))


def test_roc_auc_is_that_of_scikit_learn(case):
    values, reference = case
    assert score("roc_auc", *case) == pytest.approx(roc_auc_score(reference, values), abs=1e-12)


def test_average_precision_is_that_of_scikit_learn(case):
    values, reference = case
    assert score("average_precision", *case) == pytest.approx(average_precision_score(reference, values), abs=1e-12)


def test_roc_auc_is_the_share_of_pairs_in_order(case):
    values, reference = case
    above, below = values[reference][:, None], values[~reference][None, :]
    assert score("roc_auc", *case) == pytest.approx(((above > below) + 0.5 * (above == below)).mean(), abs=1e-12)


def test_dice_at_matched_size_is_the_mean_over_orders_of_equal_values(case, rng):
    values, reference = case
    size = reference.sum()
    dices = []
    for _ in range(400):
        kept = np.lexsort((rng.random(values.size), -values))[:size]
        dices.append(2 * reference[kept].sum() / (size + size))
    error = np.std(dices) / np.sqrt(len(dices))
    assert score("dice", *case) == pytest.approx(np.mean(dices), abs=5 * error + 1e-12)


def test_dice_max_is_the_best_threshold(case):
    values, reference = case
    dices = []
    for threshold in values:
        kept = values >= threshold
        dices.append(2 * (kept & reference).sum() / (kept.sum() + reference.sum()))
    assert score("dice_max", *case) == pytest.approx(max(dices), abs=1e-12)


@pytest.mark.parametrize("name", list(METRICS))
def test_a_perfect_map_is_at_the_better_bound(name, rng):
    metric = METRICS[name]
    reference = rng.random(200) < 0.1
    best, worst = (score(name, sign * reference.astype(float), reference) for sign in (1, -1))
    assert best == pytest.approx(metric.bounds[1 if metric.higher_is_better else 0])
    assert (best > worst) == metric.higher_is_better
    assert metric.bounds[0] <= worst <= metric.bounds[1]


def test_scores_do_not_depend_on_the_order_of_voxels_or_a_monotone_change(case, rng):
    values, reference = case
    order = rng.permutation(values.size)
    expected = score_curves([Ranking(values).against(reference)])
    changed = np.exp(values.astype(float))[order]
    np.testing.assert_allclose(score_curves([Ranking(changed).against(reference[order])]), expected, rtol=1e-12)


def test_a_reference_without_voxels_has_no_score():
    ranking = Ranking(np.arange(5.0))
    curves = [ranking.against(np.zeros(5, bool)), ranking.against(np.ones(5, bool)), ranking.against(np.arange(5) > 3)]
    scores = score_curves(curves)
    assert scores.shape == (3, len(METRICS))
    assert np.isnan(scores[:2]).all()
    np.testing.assert_allclose(scores[2], 1)
