import pandas as pd

from relmaps.io.tables import read_columns, read_table, write_table
from workflow.scripts.gather_qc import main


def test_rows_of_all_batches_are_sorted_by_scan(tmp_path):
    for name, scan in (("a", "sub-2"), ("b", "sub-1")):
        row = dict.fromkeys(read_columns("qc")) | {"scan_id": scan, "participant_id": scan, "status": "ok"}
        write_table(pd.DataFrame([row]), tmp_path / f"{name}.tsv", "qc")
    main(batches=[tmp_path / "a.tsv", tmp_path / "b.tsv"], qc=tmp_path / "qc.tsv", outlier_z=3.5)
    assert read_table(tmp_path / "qc.tsv")["scan_id"].tolist() == ["sub-1", "sub-2"]


def test_outliers_are_flagged_over_all_batches_and_hashes_stay_text(tmp_path):
    batches = [tmp_path / f"{name}.tsv" for name in "abcdefghij"]
    for number, batch in enumerate(batches):
        row = dict.fromkeys(read_columns("qc")) | {"scan_id": f"sub-{number}", "participant_id": f"sub-{number}"}
        row |= {
            "status": "ok",
            "noise": 9.0 if number == 4 else 0.03 + 0.001 * number,
            "content": f"00{number}e{number}",
        }
        write_table(pd.DataFrame([row]), batch, "qc")
    main(batches=batches, qc=tmp_path / "qc.tsv", outlier_z=3.5)
    qc = read_table(tmp_path / "qc.tsv", text=("content",)).set_index("scan_id")
    assert qc["flags"].dropna().to_dict() == {"sub-4": "noise high"}
    assert qc["content"].tolist() == [f"00{number}e{number}" for number in range(10)]
