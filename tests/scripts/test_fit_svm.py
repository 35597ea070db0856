import numpy as np
import pandas as pd
from sklearn.svm import SVC

from relmaps.classify.splits import split_subjects
from relmaps.tables import read_table, write_table
from workflow.scripts.fit_svm import main


def test_scores_are_those_of_a_fit_on_everything_outside_the_test_part(tmp_path, rng):
    subjects = pd.DataFrame({"participant_id": [f"sub-{i:02d}" for i in range(20)], "label": [0, 1] * 10})
    images = rng.normal(size=(20, 4, 5, 6)).astype(np.float32)
    write_table(subjects, tmp_path / "subjects.tsv")
    splits = split_subjects(subjects, 2, 0.25, seed=0)
    write_table(splits, tmp_path / "splits.tsv")
    np.save(tmp_path / "images.npy", images)
    predictions = tmp_path / "svm" / "predictions.tsv"
    main(tmp_path / "subjects.tsv", tmp_path / "splits.tsv", tmp_path / "images.npy", predictions, c=0.7)

    table = read_table(predictions)
    assert sorted(table["participant_id"]) == sorted(subjects["participant_id"])
    assert set(table["model"]) == {"svm"}
    assert set(table["role"]) == {"test"}
    flat, labels = images.reshape(20, -1).astype(float), subjects["label"].to_numpy()
    for fold in ("1", "2"):
        tested = splits.loc[(splits["fold"] == fold) & (splits["role"] == "test"), "participant_id"]
        test = subjects["participant_id"].isin(tested).to_numpy()
        centred = flat - flat[~test].mean(axis=0)
        centred /= np.sqrt(np.mean(np.sum(centred[~test] ** 2, axis=1)))
        oracle = SVC(kernel="linear", C=0.7).fit(centred[~test], labels[~test])
        found = table[table["fold"] == fold].set_index("participant_id")["score"]
        expected = pd.Series(oracle.decision_function(centred[test]), subjects["participant_id"][test])
        np.testing.assert_allclose(found[expected.index], expected, atol=5e-3)
