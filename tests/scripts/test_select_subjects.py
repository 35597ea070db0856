import pandas as pd

from relmaps.io.tables import read_columns, read_table, write_table
from workflow.scripts.select_subjects import main


def selected(folder, exclusion_list=None, permutation=None):
    ids = ["sub-1", "sub-2", "sub-3", "sub-4"]
    people = pd.DataFrame({"participant_id": ids, "group": "x", "label": [1, 0, 0, 0], "age": 70, "sex": "f"})
    write_table(people.assign(site=["011", "2", "2", "2"]), folder / "participants.tsv", "participants")
    qc = pd.DataFrame(
        [dict.fromkeys(read_columns("qc")) | {"scan_id": i, "participant_id": i, "status": "ok"} for i in ids]
    )
    qc["similarity"], qc["tiv_ml"] = [0.9, 0.9, 0.2, 0.9], 1500.0
    write_table(qc, folder / "qc.tsv", "qc")
    write_table(pd.DataFrame(columns=list(read_columns("exclusions"))), folder / "left_out.tsv", "exclusions")
    main(
        participants=folder / "participants.tsv",
        left_out=folder / "left_out.tsv",
        qc=folder / "qc.tsv",
        exclusion_list=exclusion_list,
        subjects=folder / "subjects.tsv",
        exclusions=folder / "exclusions.tsv",
        exclude_on={"similarity": [0.6, None]},
        on_bad_scan="exclude",
        permutation=permutation,
    )
    return read_table(folder / "subjects.tsv", text=("site",)), read_table(folder / "exclusions.tsv")


def test_counts_add_up(tmp_path):
    subjects, exclusions = selected(tmp_path)
    assert list(subjects.columns) == list(read_columns("subjects"))
    assert subjects["site"].tolist() == ["011", "2", "2"]
    assert sorted([*subjects["participant_id"], *exclusions["participant_id"]]) == ["sub-1", "sub-2", "sub-3", "sub-4"]
    assert "similarity to the template 0.2 " in exclusions["reason"][0]


def test_a_hand_kept_list_excludes(tmp_path):
    (tmp_path / "list.tsv").write_text("participant_id\treason\nsub-2\tmoved\nsub-3\tmoved\n")
    subjects, exclusions = selected(tmp_path, tmp_path / "list.tsv")
    assert subjects["participant_id"].tolist() == ["sub-1", "sub-4"]
    assert exclusions["reason"].tolist() == ["exclusion list: moved"] * 2


def test_labels_are_shuffled_on_request(tmp_path):
    labels = {tuple(selected(tmp_path, permutation=seed)[0]["label"]) for seed in range(8)}
    assert labels == {(1, 0, 0), (0, 1, 0), (0, 0, 1)}
