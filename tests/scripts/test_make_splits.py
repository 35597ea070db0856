import json

import pandas as pd
import pytest

from relmaps.io.errors import UserError
from relmaps.io.tables import read_table, write_table
from workflow.scripts.make_splits import main


def make(tmp_path, n, **changes):
    people = [f"sub-{i:02d}" for i in range(n)]
    table = pd.DataFrame(
        {"participant_id": people, "label": [i % 2 for i in range(n)], "site": [i // 4 for i in range(n)]}
    )
    write_table(table, tmp_path / "subjects.tsv")
    settings = {"folds": 2, "validation_fraction": 0.2, "group_by_site": False, "seed": 1, "external_folds": None}
    main(subjects=tmp_path / "subjects.tsv", splits=tmp_path / "splits.tsv", **settings | changes)
    return read_table(tmp_path / "splits.tsv")


def test_splits_are_written_with_described_columns(tmp_path):
    table = make(tmp_path, 20)
    assert list(table.columns) == ["fold", "participant_id", "label", "role"]
    assert table.groupby(["fold", "role"]).size().to_dict() == {
        **{(fold, "test"): 10 for fold in "12"},
        **{(fold, "train"): 8 for fold in "12"},
        **{(fold, "validation"): 2 for fold in "12"},
    }
    assert set(json.loads((tmp_path / "splits.json").read_text())) == set(table.columns)


def test_sites_are_kept_together_where_asked(tmp_path):
    table = make(tmp_path, 24, group_by_site=True)
    site = table["participant_id"].str.removeprefix("sub-").astype(int) // 4
    assert (table.groupby(["fold", site])["role"].nunique() == 1).all()
    assert set(table["role"]) == {"train", "validation", "test"}


def test_finished_models_test_everybody_in_each_of_their_folds(tmp_path):
    table = make(tmp_path, 6, folds=5, external_folds=["1", "3"])
    assert table.groupby(["fold", "role"]).size().to_dict() == {("1", "test"): 6, ("3", "test"): 6}
    assert not table.duplicated(["fold", "participant_id"]).any()


def test_too_few_scans_leave_no_table(tmp_path):
    with pytest.raises(UserError, match=r"set classify\.folds to 3"):
        make(tmp_path, 6, folds=5)
    assert not (tmp_path / "splits.tsv").exists()
