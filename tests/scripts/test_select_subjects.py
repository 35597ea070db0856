import pandas as pd

from relmaps.tables import columns_of, read_table, write_table
from workflow.scripts.select_subjects import main


def test_counts_add_up(tmp_path):
    ids = ["sub-1", "sub-2", "sub-3"]
    people = pd.DataFrame(
        {"participant_id": ids, "group": ["AD", "CN", "CN"], "label": [1, 0, 0], "age": 70, "sex": "f"}
    )
    write_table(people, tmp_path / "participants.tsv", "participants")
    qc = pd.DataFrame(
        [dict.fromkeys(columns_of("qc")) | {"scan_id": i, "participant_id": i, "status": "ok"} for i in ids]
    )
    qc["similarity"], qc["tiv_ml"] = [0.9, 0.9, 0.2], 1500.0
    write_table(qc, tmp_path / "qc.tsv", "qc")
    write_table(pd.DataFrame(columns=list(columns_of("exclusions"))), tmp_path / "left_out.tsv", "exclusions")
    main(
        participants=tmp_path / "participants.tsv",
        left_out=tmp_path / "left_out.tsv",
        qc=tmp_path / "qc.tsv",
        subjects=tmp_path / "subjects.tsv",
        exclusions=tmp_path / "exclusions.tsv",
        minimum_similarity=0.6,
        on_bad_scan="exclude",
    )
    subjects, exclusions = read_table(tmp_path / "subjects.tsv"), read_table(tmp_path / "exclusions.tsv")
    assert list(subjects.columns) == list(columns_of("subjects"))
    assert sorted([*subjects["participant_id"], *exclusions["participant_id"]]) == ids
    assert "similarity 0.20" in exclusions["reason"][0]
