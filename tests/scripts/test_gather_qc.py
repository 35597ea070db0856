import pandas as pd

from relmaps.tables import columns_of, read_table, write_table
from workflow.scripts.gather_qc import main


def test_rows_of_all_batches_are_sorted_by_scan(tmp_path):
    for name, scan in (("a", "sub-2"), ("b", "sub-1")):
        row = dict.fromkeys(columns_of("qc")) | {"scan_id": scan, "participant_id": scan, "status": "ok"}
        write_table(pd.DataFrame([row]), tmp_path / f"{name}.tsv", "qc")
    main(batches=[tmp_path / "a.tsv", tmp_path / "b.tsv"], qc=tmp_path / "qc.tsv")
    assert read_table(tmp_path / "qc.tsv")["scan_id"].tolist() == ["sub-1", "sub-2"]
