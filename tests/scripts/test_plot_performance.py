import pandas as pd

from relmaps.io.tables import write_table
from tests.synthetic_results import SyntheticStudy
from workflow.scripts import plot_performance


def test_figure_is_written_with_and_without_shuffled_labels(tmp_path, grid, brain):
    study = SyntheticStudy(tmp_path, grid, brain).write()
    figure, shuffled = tmp_path / "performance.svg", tmp_path / "shuffled.svg"
    null = pd.DataFrame({"permutation": [1, 2], "model": "svm", "metric": "roc_auc", "value": [0.4, 0.6]})
    write_table(null, tmp_path / "null.tsv")
    performance = study.path("classify/performance.tsv")
    plot_performance.main(performance=performance, figures=[figure])
    plot_performance.main(performance=performance, figures=[shuffled], null=tmp_path / "null.tsv")
    assert "<!-- Linear SVM -->" in figure.read_text()
    assert "label permutations" not in figure.read_text()
    assert "(bars: label permutations)" in shuffled.read_text()
