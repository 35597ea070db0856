import pandas as pd
import pytest

from relmaps.figures.model_by_method import plot_model_by_method
from relmaps.io.tables import read_table
from tests.synthetic_results import SyntheticStudy


@pytest.fixture
def scores(tmp_path, grid, brain):
    """Those of the synthetic study, with the network's pattern and the SVM's contribution."""
    scores = read_table(SyntheticStudy(tmp_path, grid, brain).write().path("overlap/scores.tsv"))
    copies = [
        scores[scores["map"] == "lrp"].assign(map=name, value=value)
        for name, value in (("cnn_pattern", 0.91), ("svm_contribution", 0.97), ("smoothgrad", 0.55), ("oracle", 1.0))
    ]
    return pd.concat([scores, *copies])


def cells(axes):
    """(model, method) -> lines of text."""
    rows = [label.get_text() for label in axes.get_yticklabels()]
    columns = [label.get_text() for label in axes.get_xticklabels()]
    return {
        (rows[round(text.get_position()[1])], columns[round(text.get_position()[0])]): text.get_text().split("\n")
        for text in axes.texts
    }


def test_each_map_stands_with_its_model_and_method(scores):
    figure = plot_model_by_method(scores, ["meta_analysis", "truth"])
    found = cells(figure.axes[1])
    assert found["Network", "activation pattern"] == ["Network activation pattern", "0.91 / 0.91"]
    assert found["Network", "weights, gradient"][0] == "SmoothGrad"
    assert found["Network", "contribution"][0] == "Integrated Gradients"
    assert found["Network", "other"][::2] == ["LRP", "Guided Grad-CAM"], "the better one first"
    assert found["Linear SVM", "contribution"] == ["SVM contribution", "0.97 / 0.97"]
    assert found["Linear SVM", "weights, gradient"][0] == "SVM weights"
    assert found["Linear SVM", "other"] == ["–"]
    assert len(found) == 8, "neither baselines nor the ceiling, and no model that was not trained"


def test_a_reference_without_mask_is_said(tmp_path, grid, brain):
    study = SyntheticStudy(tmp_path, grid, brain, references=("meta_analysis",), empty_mask=True).write()
    axes = plot_model_by_method(read_table(study.path("overlap/scores.tsv")), ["meta_analysis"]).axes[0]
    assert "empty" in axes.texts[0].get_text()
