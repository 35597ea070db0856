import numpy as np
import pandas as pd
import pytest

from relmaps.figures import regions as figure
from relmaps.figures.regions import plot_regions
from relmaps.io.tables import read_table
from tests.synthetic_results import SKILL, SyntheticStudy


@pytest.fixture
def table(tmp_path, grid, brain):
    return read_table(SyntheticStudy(tmp_path, grid, brain).write().path("overlap/regions.tsv"))


def test_numbers_are_shares_of_the_map_over_shares_of_the_volume(table):
    axes = plot_regions(table, ["lrp", "vbm_t"], ["meta_analysis", "truth"]).axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["LRP", "VBM t", "Meta-analysis", "Ground truth"]
    shown = [text.get_text() for text in axes.texts]
    assert shown[:2] == [f"{SKILL['lrp'] / 0.1:.1f}", f"{(1 - SKILL['lrp']) / 0.9:.1f}"]
    assert shown[4:6] == ["3.0", "0.8"]
    np.testing.assert_allclose(axes.images[0].get_array()[2], [np.log2(3), np.log2(0.7 / 0.9)])


def test_an_empty_reference_has_no_row_and_no_map_says_so(table):
    empty = table.assign(share_of_reference=np.nan)
    labels = plot_regions(empty, ["lrp"], ["truth"]).axes[0].get_yticklabels()
    assert [label.get_text() for label in labels] == ["LRP"]
    figure = plot_regions(empty.assign(share_of_relevance=np.nan), ["lrp"], ["truth"])
    assert "n/a" in figure.axes[0].texts[0].get_text()


def test_of_many_regions_those_of_the_reference_are_drawn(table, monkeypatch):
    monkeypatch.setattr(figure, "MANY", 1)
    axes = plot_regions(pd.DataFrame(table), ["lrp"], ["truth"]).axes[0]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["hippocampus"]
