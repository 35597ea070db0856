import numpy as np

from relmaps.catalogue.names import map_name
from relmaps.figures.multiverse import plot_multiverse
from relmaps.io.tables import read_table
from tests.synthetic_results import HEATMAPS, MAPS, SKILL, SyntheticStudy


def drawn(study, references):
    tables = [read_table(study.path(f"overlap/{name}.tsv")) for name in ("scores", "variants")]
    return plot_multiverse(*tables, references).axes


def test_each_specification_has_the_rank_of_each_map(tmp_path, grid, brain):
    study = SyntheticStudy(tmp_path, grid, brain).write()
    axes = drawn(study, ["meta_analysis", "truth"])[1]
    order = sorted(MAPS, key=SKILL.get, reverse=True)
    assert [label.get_text() for label in axes.get_yticklabels()] == [map_name(name) for name in order]
    ranks = axes.images[0].get_array()
    assert ranks.shape == (len(MAPS), 3)
    np.testing.assert_array_equal(ranks, np.tile(np.arange(1, len(MAPS) + 1)[:, None], 3))
    assert axes.patches[0].get_x() == -0.5, (
        "specifications are by sign, mask, smoothing; the primary analysis is the first"
    )


def test_bars_are_shares_of_each_rank(tmp_path, grid, brain):
    study = SyntheticStudy(tmp_path, grid, brain, references=("truth",)).write()
    axes = drawn(study, ["truth"])[1]
    names = [label.get_text() for label in axes.get_yticklabels()]
    widths = np.array([bar.get_width() for bar in axes.patches]).reshape(3, 3)  # (rank, map)
    lrp, ig = (names.index(map_name(name)) for name in ("lrp", "integrated_gradients"))
    np.testing.assert_allclose(widths[:, lrp], [50, 50, 0])  # first where the pooling is its best
    np.testing.assert_allclose(widths[:, ig], [50, 50, 0])
    np.testing.assert_allclose(widths.sum(axis=0), 100)
    assert len(names) == len(HEATMAPS)


def test_a_reference_without_mask_is_said(tmp_path, grid, brain):
    study = SyntheticStudy(tmp_path, grid, brain, references=("meta_analysis",), empty_mask=True).write()
    axes = drawn(study, ["meta_analysis"])
    assert ["n/a" in panel.texts[0].get_text() for panel in axes] == [True, True]


def test_an_empty_mask_of_the_primary_analysis_alone_leaves_its_frame_out(tmp_path, grid, brain):
    study = SyntheticStudy(tmp_path, grid, brain, references=("truth",)).write()
    scores, variants = (read_table(study.path(f"overlap/{name}.tsv")) for name in ("scores", "variants"))
    scores.loc[scores["primary"], "value"] = np.nan
    axes = plot_multiverse(scores, variants, ["truth"]).axes[0]
    assert axes.images[0].get_array().shape == (len(MAPS), 2)
    assert not axes.patches
