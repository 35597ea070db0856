import pandas as pd
import pytest

from relmaps.classify.splits import split_external, split_subjects
from relmaps.io.errors import UserError
from relmaps.io.files import read_json
from relmaps.io.tables import read_table, write_table
from workflow.scripts.audit_splits import main


@pytest.fixture
def study(tmp_path):
    people = [f"sub-{i:02d}" for i in range(24)]
    subjects = pd.DataFrame({"participant_id": people, "label": [0, 1] * 12, "site": [f"0{i // 4}" for i in range(24)]})
    write_table(subjects, tmp_path / "subjects.tsv")
    write_table(split_subjects(subjects, 2, 0.25, 0, group_by_site=True), tmp_path / "splits.tsv")
    # Hashes of digits alone are text too: read as numbers, the first two would be the same.
    hashes = ["1e10", "10e9", *(f"hash-{i}" for i in range(21)), None]
    write_table(pd.DataFrame({"scan_id": people, "participant_id": people, "content": hashes}), tmp_path / "qc.tsv")
    return tmp_path


def audit(study, **changes):
    files = {"splits": "splits.tsv", "subjects": "subjects.tsv", "qc": "qc.tsv", "audit": "audit.json"}
    paths = {key: study / name for key, name in files.items()}
    main(**paths, **{"by_site": True, "everyone_tested": False} | changes)
    return read_json(study / "audit.json")


def test_what_was_checked_is_written(study):
    checked = audit(study)
    assert (checked["hashes_compared"], checked["without_hash"], checked["sites"]) == (23, 1, 6)
    assert {fold: sum(sum(part.values()) for part in roles.values()) for fold, roles in checked["folds"].items()} == {
        "1": 24,
        "2": 24,
    }


def test_finished_models(study):
    write_table(split_external(read_table(study / "subjects.tsv"), ["1", "4"]), study / "splits.tsv")
    assert list(audit(study, everyone_tested=True)["folds"]) == ["1", "4"]


def test_a_leak_leaves_no_audit(study):
    qc = read_table(study / "qc.tsv")
    qc.loc[5, "content"] = qc.loc[20, "content"]
    write_table(qc, study / "qc.tsv")
    with pytest.raises(UserError, match=r"sub-05 .* and sub-20 .* have the same image"):
        audit(study)
    assert not (study / "audit.json").exists()
