import numpy as np
import pytest

from relmaps.io.tables import write_table
from relmaps.overlap.maps import FoldMap, ScoredMap
from relmaps.overlap.metrics import METRICS
from relmaps.overlap.retraining import retraining_table, spread_of_runs


@pytest.fixture
def maps(scored_maps, rng):
    """`good` is trained with two seeds, `noise` once."""
    good, noise, fixed = scored_maps
    folds = [
        FoldMap(fold.fold, fold.model, fold.values, fold.values + rng.normal(0, 1, (2, fold.values.size)))
        for fold in good.folds
    ]
    return [ScoredMap(good.name, good.model, good.feature, good.values, folds), noise, fixed]


@pytest.fixture
def table(maps, scoring_space, primary):
    return retraining_table(maps, scoring_space, primary)


def test_every_run_has_its_score(table, maps, scoring_space, primary, tmp_path):
    assert len(table) == (3 * 2 + 3) * 2 * len(METRICS)
    rows = table.query("map == 'good' and fold == '2' and seed == 2 and reference == 'truth' and metric == 'roc_auc'")
    expected = scoring_space.scorer(primary)(maps[0].folds[1].seeds[1])[1, list(METRICS).index("roc_auc")]
    assert rows["value"].tolist() == [expected]
    assert table.loc[table["map"] == "noise", "seed"].isna().all()
    write_table(table, tmp_path / "retraining.tsv", "retraining")


def test_spread_is_over_all_runs(table):
    runs = table.query("map == 'good' and reference == 'truth' and metric == 'dice'")["value"]
    assert spread_of_runs(table)["good", "truth", "dice"] == pytest.approx(np.std(runs, ddof=1))
