import pandas as pd

from relmaps.io.tables import write_table
from relmaps.overlap.sample_size_curve import COLUMNS
from workflow.scripts import plot_sample_size_curve


def test_figure_is_written(tmp_path):
    rows = [("vbm_t", "size", n, n, n, 1, "truth", "roc_auc", n / 100) for n in (60, 80)]
    write_table(pd.DataFrame(rows, columns=COLUMNS), tmp_path / "vbm_t.tsv", "sample_size_curve")
    write_table(pd.DataFrame(columns=COLUMNS), tmp_path / "mean_t1.tsv", "sample_size_curve")
    tables = [tmp_path / f"{name}.tsv" for name in ("vbm_t", "mean_t1")]
    plot_sample_size_curve.main(tables, ["truth"], [tmp_path / "growth.svg"])
    assert "<!-- VBM t -->" in (tmp_path / "growth.svg").read_text()
