import json

from relmaps.io.tables import read_table


def test_the_dataset_tells_the_group_and_keeps_the_severity_apart(simulated):
    people = read_table(simulated.folder / "bids/participants.tsv")
    assert list(people.columns) == ["participant_id", "age", "sex", "diagnosis"]
    assert sorted(people["diagnosis"]) == ["AD", "AD", "CN", "CN"]
    severity = read_table(simulated.folder / "severity.tsv")
    assert ((severity["severity_left"] > 0) == (severity["diagnosis"] == "AD")).all()
    assert json.loads((simulated.folder / "bids/dataset_description.json").read_text())["BIDSVersion"]
