import pandas as pd

from relmaps.io.tables import read_table, write_table
from workflow.scripts.randomise_atrophy import main

ATROPHY = {"severity": 4.0, "severity_spread": 0.4, "seed": 1}


def test_half_of_the_participants_are_given_the_disease(tmp_path):
    people = pd.DataFrame({"participant_id": [f"sub-{n:02d}" for n in range(9)]})
    write_table(people, tmp_path / "participants.tsv")
    main(participants=tmp_path / "participants.tsv", severity=tmp_path / "atrophy.tsv", atrophy=ATROPHY)
    drawn = read_table(tmp_path / "atrophy.tsv")
    assert drawn["participant_id"].tolist() == people["participant_id"].tolist()
    assert drawn["label"].sum() == 4
    assert ((drawn[["severity_left", "severity_right"]] > 0).all(axis=1) == (drawn["label"] == 1)).all()
