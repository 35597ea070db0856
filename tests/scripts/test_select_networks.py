import pandas as pd

from relmaps.io.tables import read_table, write_table
from workflow.scripts.select_networks import main


def test_selection_names_one_network_per_fold(tmp_path):
    rows = [
        (model, fold, 0, participant, "validation", label, score * (2 * label - 1))
        for model, fold, score in [("A24", "1", 2.0), ("B24", "1", 1.0), ("A24", "2", 1.0), ("B24", "2", 2.0)]
        for label, participant in enumerate(["sub-1", "sub-2"])
    ]
    columns = ["model", "fold", "seed", "participant_id", "role", "label", "score"]
    write_table(pd.DataFrame(rows, columns=columns), tmp_path / "predictions.tsv", schema="predictions")
    main(tmp_path / "predictions.tsv", ["A24", "B24"], tmp_path / "selection.tsv")
    table = read_table(tmp_path / "selection.tsv")
    assert list(table.columns) == ["fold", "model", "seed", "validation_loss", "chosen"]
    assert table.query("chosen")[["fold", "model"]].to_numpy().tolist() == [["1", "A24"], ["2", "B24"]]
    assert "\ttrue\n" in (tmp_path / "selection.tsv").read_text()
