import numpy as np
import pandas as pd

from relmaps.classify.splits import split_subjects
from relmaps.io.tables import read_table, write_table
from workflow.scripts.fit_covariates import main


def test_everybody_is_predicted_once_from_age_alone(tmp_path, rng):
    label = np.tile([0, 1], 15)
    subjects = pd.DataFrame({"participant_id": [f"sub-{i:02d}" for i in range(30)], "label": label})
    subjects = subjects.assign(age=70 + 10 * label + rng.normal(0, 1, 30), sex="f", tiv_ml=1400.0)
    write_table(subjects, tmp_path / "subjects.tsv")
    write_table(split_subjects(subjects, 3, 0.2, seed=0), tmp_path / "splits.tsv")
    main(subjects=tmp_path / "subjects.tsv", splits=tmp_path / "splits.tsv", predictions=tmp_path / "p.tsv")
    table = read_table(tmp_path / "p.tsv")
    assert sorted(table["participant_id"]) == sorted(subjects["participant_id"])
    assert set(table["model"]) == {"covariates_age"}
    assert ((table["score"] > 0) == table["label"]).all()
