import numpy as np
import pytest

from relmaps.overlap.arena import Cell, cells_of
from relmaps.overlap.draws import Draws
from relmaps.overlap.metrics import METRICS
from relmaps.overlap.resampling import basic_interval
from relmaps.overlap.scores import headline_rows, score_table
from relmaps.tables import read_table, write_table

SWEEP = {"sign": ["abs", "signed"], "smoothing_mm": [0, 8], "mask": ["brain", "gm"]}


@pytest.fixture
def draws(arena, rng):
    names = [reference.name for reference in arena.references]
    return {
        "good": Draws(rng.random((99, 2, 4)), names, list(METRICS)),
        "noise": Draws(rng.random((99, 2, 4)), names, list(METRICS)),
        "fixed": Draws(np.empty((0, 2, 4)), names, list(METRICS)),
    }


@pytest.fixture
def table(scored_maps, arena, headline, draws):
    return score_table(scored_maps, arena, cells_of(SWEEP), headline, draws, 0.9)


def one(table, **cell):
    for column, value in cell.items():
        table = table[table[column] == value]
    assert len(table) == 1
    return table.iloc[0]


def test_every_cell_map_reference_and_metric_has_one_row(table):
    groups = table[table["fold"] == "all"]
    keys = ["map", "reference", "sign", "smoothing_mm", "mask", "metric"]
    assert not groups.duplicated(keys).any()
    assert len(groups) == 3 * 2 * 8 * 4
    assert (groups["headline"] == "true").sum() == 3 * 2 * 4


def test_values_are_those_of_the_cell(table, scored_maps, arena):
    row = one(table, map="good", fold="all", reference="truth", sign="signed", smoothing_mm=0, mask="gm", metric="dice")
    expected = arena.scorer(Cell("signed", 0, "gm"))(scored_maps[0].values)[1, 0]
    assert row["value"] == expected
    assert (row["headline"], row["reference_kind"], row["threshold"]) == ("false", "truth", 0.1)
    assert np.isnan(row["ci_low"])


def test_headline_rows_carry_the_interval_of_their_draws(table, draws):
    row = one(headline_rows(table), map="noise", fold="all", reference="meta_analysis", metric="roc_auc")
    expected = basic_interval(row["value"], draws["noise"].scores[:, 0, 2], 0.9, (0, 1))
    np.testing.assert_array_equal([row["ci_low"], row["ci_high"]], expected)


def test_a_fixed_map_has_no_interval(table):
    fixed = table[table["map"] == "fixed"]
    assert fixed["ci_low"].isna().all()
    assert fixed["value"].notna().all()


def test_folds_are_scored_at_the_headline_without_interval(table, scored_maps, arena, headline):
    folds = table[table["fold"] != "all"]
    assert len(folds) == 2 * 3 * 2 * 4
    assert (folds["headline"] == "true").all()
    assert folds["ci_low"].isna().all()
    row = one(folds, map="good", fold="2", reference="truth", metric="roc_auc")
    assert row["value"] == arena.scorer(headline)(scored_maps[0].folds[1].values)[1, 2]


def test_table_fits_its_schema_and_is_read_back(table, tmp_path):
    write_table(table, tmp_path / "scores.tsv", "scores")
    read = read_table(tmp_path / "scores.tsv")
    assert len(headline_rows(read)) == len(headline_rows(table))
    assert "\tn/a\tn/a\n" in (tmp_path / "scores.tsv").read_text()
