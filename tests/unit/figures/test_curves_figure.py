import numpy as np

from relmaps.figures.curves import plot_curves
from relmaps.io.tables import read_table
from tests.synthetic_results import MAPS, SyntheticStudy


def test_each_map_has_its_curve_against_each_reference(tmp_path, grid, brain):
    study = SyntheticStudy(tmp_path, grid, brain).write()
    curves = read_table(study.path("overlap/curves.tsv"))
    figure = plot_curves(curves.sample(frac=1, random_state=0), MAPS, ["meta_analysis", "truth"])
    dice, roc = figure.axes[2:4]
    mine = curves[(curves["reference"] == "truth") & (curves["map"] == "svm_pattern")]
    place = MAPS.index("svm_pattern")
    np.testing.assert_allclose(dice.lines[place].get_xdata(), 100 * mine["fraction_kept"])
    np.testing.assert_allclose(dice.lines[place].get_ydata(), mine["dice"])
    np.testing.assert_allclose(roc.lines[1 + place].get_ydata(), mine["true_positive_rate"])  # the first is chance


def test_a_reference_without_mask_has_no_curves(tmp_path, grid, brain):
    study = SyntheticStudy(tmp_path, grid, brain, references=("meta_analysis",), empty_mask=True).write()
    figure = plot_curves(read_table(study.path("overlap/curves.tsv")), MAPS, ["meta_analysis"])
    assert ["empty" in axes.texts[0].get_text() for axes in figure.axes] == [True, True]
