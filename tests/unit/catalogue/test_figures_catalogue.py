from relmaps.catalogue.figures import FIGURES


def test_files_of_a_figure_are_those_of_the_study():
    lists = {"heatmaps": ["lrp", "gradcam"]}
    assert FIGURES["sanity"].files("results/x", lists) == {
        "randomisation": ["results/x/relevance/lrp/randomisation.tsv", "results/x/relevance/gradcam/randomisation.tsv"]
    }
    assert FIGURES["ranking"].files("results/x", lists) == {"scores": "results/x/overlap/scores.tsv"}
    assert FIGURES["maps"].files("results/x", lists) == {}


def test_pictures_lie_with_the_figures_or_where_another_stage_makes_them():
    assert FIGURES["maps"].pictures("maps", "x") == {
        suffix: f"x/figures/maps.{suffix}" for suffix in ("svg", "pdf", "png")
    }
    assert FIGURES["mosaic"].pictures("mosaic", "x") == {"png": "x/preprocess/qc_mosaic.png"}
