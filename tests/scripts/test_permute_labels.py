import pandas as pd

from relmaps.io.tables import read_table, write_table
from workflow.scripts.permute_labels import main


def test_labels_change_their_participants(tmp_path):
    subjects = pd.DataFrame({"participant_id": [f"sub-{i:02d}" for i in range(20)], "label": [0] * 10 + [1] * 10})
    subjects = subjects.assign(scan_id=subjects["participant_id"], age=70.0, sex="f", site="1", tiv_ml=1400.0)
    write_table(subjects, tmp_path / "subjects.tsv", "subjects")
    main(subjects=tmp_path / "subjects.tsv", permuted=tmp_path / "permuted.tsv", permutation=3)
    permuted = read_table(tmp_path / "permuted.tsv")
    assert permuted["label"].sum() == 10
    assert permuted["label"].tolist() != subjects["label"].tolist()
    assert permuted["participant_id"].tolist() == subjects["participant_id"].tolist()
