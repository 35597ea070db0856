from relmaps.io.tables import write_table
from tests.synthetic_checks import MAPS, agreement, location, stability
from workflow.scripts import plot_stability


def test_figure_is_written(tmp_path):
    tables = {"stability": stability(), "agreement": agreement(), "location": location()}
    for name, table in tables.items():
        write_table(table, tmp_path / f"{name}.tsv", name)
    figure = tmp_path / "stability.svg"
    plot_stability.main(**{name: tmp_path / f"{name}.tsv" for name in tables}, maps=MAPS, figures=[figure])
    drawn = figure.read_text()
    assert all(f"<!-- {text} -->" in drawn for text in ("VBM t", "edge of the brain", "between architectures"))
