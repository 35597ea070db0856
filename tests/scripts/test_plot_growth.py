import pandas as pd

from relmaps.io.tables import write_table
from relmaps.overlap.growth import COLUMNS
from workflow.scripts import plot_growth


def test_figure_is_written(tmp_path):
    rows = [("vbm_t", "size", n, n, n, 1, "truth", "roc_auc", n / 100) for n in (60, 80)]
    write_table(pd.DataFrame(rows, columns=COLUMNS), tmp_path / "vbm_t.tsv", "growth")
    write_table(pd.DataFrame(columns=COLUMNS), tmp_path / "mean_t1.tsv", "growth")
    tables = [tmp_path / f"{name}.tsv" for name in ("vbm_t", "mean_t1")]
    plot_growth.main(tables, ["truth"], [tmp_path / "growth.svg"])
    assert "<!-- VBM t -->" in (tmp_path / "growth.svg").read_text()
