import json

import pandas as pd
import pytest

from relmaps.io.errors import UserError
from relmaps.io.tables import read_table, write_table


def test_missing_values_are_written_as_na_and_identifiers_stay_text(tmp_path):
    path = tmp_path / "table.tsv"
    write_table(pd.DataFrame({"participant_id": ["001", "002"], "age": [70.5, None]}), path)
    assert path.read_text() == "participant_id\tage\n001\t70.5\n002\tn/a\n"
    assert read_table(path)["participant_id"].tolist() == ["001", "002"]


def test_a_schema_orders_and_describes_the_columns(tmp_path):
    path = tmp_path / "splits.tsv"
    table = pd.DataFrame({"role": ["test"], "label": [1], "participant_id": ["sub-1"], "fold": ["1"]})
    write_table(table, path, "splits")
    assert path.read_text().splitlines()[0] == "fold\tparticipant_id\tlabel\trole"
    assert json.loads(path.with_suffix(".json").read_text())["fold"]["Description"].startswith("Outer fold")


def test_a_table_that_does_not_fit_its_schema_is_refused(tmp_path):
    table = pd.DataFrame({"fold": ["1"], "participant_id": ["sub-1"], "label": [1], "role": ["spare"]})
    with pytest.raises(ValueError, match="spare"):
        write_table(table, tmp_path / "splits.tsv", "splits")
    with pytest.raises(ValueError, match="role"):
        write_table(table.drop(columns="role"), tmp_path / "splits.tsv", "splits")
    assert not list(tmp_path.iterdir())


def test_a_column_that_is_not_there_is_named(tmp_path):
    path = tmp_path / "participants.tsv"
    path.write_text("participant_id\tgroup\n01\tAD\n")
    with pytest.raises(UserError, match="column diagnosis is missing; it has participant_id, group"):
        read_table(path, required=("participant_id", "diagnosis"))


def test_what_is_written_is_read_again_with_quotation_marks_and_line_breaks(tmp_path):
    texts = ['"', 'say "ad"', "two\nlines", "a\tb", "plain"]
    write_table(pd.DataFrame({"reason": texts}), tmp_path / "table.tsv")
    assert read_table(tmp_path / "table.tsv")["reason"].tolist() == texts


def test_a_table_that_is_a_link_to_nowhere_is_to_be_fetched(tmp_path):
    (tmp_path / "qc.tsv").symlink_to(tmp_path / "gone")
    with pytest.raises(UserError, match=r"qc.tsv: the link leads nowhere; fetch it"):
        read_table(tmp_path / "qc.tsv")
