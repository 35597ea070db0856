import pandas as pd

from relmaps.io.tables import write_table
from tests.synthetic_results import SyntheticStudy
from workflow.scripts import plot_learning


def test_only_the_networks_that_were_chosen_are_drawn(tmp_path, grid, brain):
    study = SyntheticStudy(tmp_path, grid, brain, folds=3).write()
    others = {("A24", fold, 0): tmp_path / "not_there.tsv" for fold in ("1", "2")}
    rows = [(fold, "small", 0, 0.5, "true") for fold in ("3", "1", "2")]
    rows += [(fold, model, seed, 0.6, "false") for model, fold, seed in others]
    columns = ["fold", "model", "seed", "validation_loss", "chosen"]
    write_table(pd.DataFrame(rows, columns=columns), tmp_path / "selection.tsv")
    figure = tmp_path / "learning.svg"
    histories = study.histories() | others
    plot_learning.main(histories=histories, selection=tmp_path / "selection.tsv", figures=[figure])
    text = figure.read_text()
    assert "A24" not in text
    assert [text.index(f"<!-- Fold {fold} -->") for fold in (1, 2, 3)] == sorted(
        text.index(f"<!-- Fold {fold} -->") for fold in (1, 2, 3)
    )
