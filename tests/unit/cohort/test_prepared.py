import pytest

from relmaps.cohort.prepared import COLUMNS, read_failures, write_prepared
from relmaps.io.errors import UserError
from relmaps.io.tables import read_table


def made(scan_id, path):
    return {"scan_id": scan_id, "path": path, "reason": None}


def failed(scan_id, reason):
    return {"scan_id": scan_id, "path": None, "reason": reason}


def test_each_scan_has_a_path_or_a_reason(tmp_path):
    write_prepared([made("001", "/a b/é.nii.gz"), failed("002", "too\tfew\nslices")], tmp_path / "batch.tsv")
    table = read_table(tmp_path / "batch.tsv")
    assert list(table.columns) == COLUMNS
    assert table["scan_id"].tolist() == ["001", "002"]
    assert table["path"].dropna().tolist() == ["/a b/é.nii.gz"]
    assert table["reason"].dropna().tolist() == ["too\tfew\nslices"]
    assert "n/a" in (tmp_path / "batch.tsv").read_text()


def test_failures_of_several_tables_are_named_and_the_first_reason_counts(tmp_path):
    first, second, third = (tmp_path / f"{name}.tsv" for name in "abc")
    write_prepared([made("sub-1", "x"), failed("sub-2", 'no "slices"'), failed("sub-3", "empty")], first)
    write_prepared([failed("sub-2", "no image"), failed("sub-1", "no brain"), made("sub-3", "y")], second)
    write_prepared([made("sub-4", "z")], third)
    assert read_failures([first, second, third]) == {"sub-1": "no brain", "sub-2": 'no "slices"', "sub-3": "empty"}
    assert read_failures([second, first])["sub-2"] == "no image"
    assert read_failures([third]) == read_failures([]) == {}


def test_a_table_that_is_not_one_is_named(tmp_path):
    (tmp_path / "batch.tsv").write_text("scan_id\tpath\nsub-1\tx\n")
    with pytest.raises(UserError, match=r"batch.tsv: column reason is missing"):
        read_failures([tmp_path / "batch.tsv"])
