import json

import pandas as pd
import pytest

from relmaps.errors import UserError
from relmaps.tables import read_table, write_table
from workflow.scripts.make_splits import main


def subjects_file(tmp_path, n):
    table = pd.DataFrame({"participant_id": [f"sub-{i:02d}" for i in range(n)], "label": [i % 2 for i in range(n)]})
    write_table(table, tmp_path / "subjects.tsv")
    return tmp_path / "subjects.tsv"


def test_splits_are_written_with_described_columns(tmp_path):
    splits = tmp_path / "splits.tsv"
    main(subjects_file(tmp_path, 20), splits, folds=2, validation_fraction=0.2, seed=1)
    table = read_table(splits)
    assert list(table.columns) == ["fold", "participant_id", "label", "role"]
    assert table.groupby(["fold", "role"]).size().to_dict() == {
        **{(fold, "test"): 10 for fold in "12"},
        **{(fold, "train"): 8 for fold in "12"},
        **{(fold, "validation"): 2 for fold in "12"},
    }
    assert set(json.loads((tmp_path / "splits.json").read_text())) == set(table.columns)


def test_too_few_scans_leave_no_table(tmp_path):
    with pytest.raises(UserError, match=r"set classify\.folds to 3"):
        main(subjects_file(tmp_path, 6), tmp_path / "splits.tsv", folds=5, validation_fraction=0.2, seed=1)
    assert not (tmp_path / "splits.tsv").exists()
