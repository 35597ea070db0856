import json

import pandas as pd

from relmaps.io.tables import read_table, write_table
from workflow.scripts.gather_predictions import main


def part(path, model, fold, score):
    columns = {"participant_id": ["001", "002"], "role": "test", "label": [0, 1], "score": [-score, score]}
    write_table(pd.DataFrame({"model": model, "fold": fold, "seed": 0} | columns), path)
    return path


def test_parts_stand_below_each_other_as_they_were(tmp_path):
    parts = [part(tmp_path / f"{i}.tsv", *row) for i, row in enumerate([("svm", "1", 0.5), ("A24", "10", 1 / 3)])]
    main(parts, tmp_path / "predictions.tsv")
    table = read_table(tmp_path / "predictions.tsv")
    assert table["model"].tolist() == ["svm", "svm", "A24", "A24"]
    assert table["participant_id"].tolist() == ["001", "002"] * 2
    assert table["fold"].tolist() == ["1", "1", "10", "10"]
    assert table["score"].tolist() == [-0.5, 0.5, -0.3333333333, 0.3333333333]
    assert set(json.loads((tmp_path / "predictions.json").read_text())) == set(table.columns)
