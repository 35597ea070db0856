import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC

from relmaps.classify.gram import gram_matrix
from relmaps.classify.penalty import choose_c
from relmaps.classify.platt import platt
from relmaps.classify.roles import find_rows
from relmaps.classify.splits import split_subjects
from relmaps.io.tables import read_table, write_table
from workflow.scripts.fit_linear import main

ORACLE = {
    "svm": lambda c: SVC(kernel="linear", C=c),
    "logistic": lambda c: LogisticRegression(C=c, tol=1e-10, max_iter=10_000),
}
GRID = [0.05, 0.7, 20]


@pytest.fixture
def study(tmp_path, rng):
    """Subjects, splits, images (20, 4, 5, 6) far from zero, and the arguments of `main` besides the model."""
    subjects = pd.DataFrame({"participant_id": [f"sub-{i:02d}" for i in range(20)], "label": [0, 1] * 10})
    images = rng.normal(5, 1, size=(20, 4, 5, 6)).astype(np.float32)
    images[1::2, 1] -= 0.5
    splits = split_subjects(subjects, 2, 0.25, seed=0)
    write_table(subjects, tmp_path / "subjects.tsv")
    write_table(splits, tmp_path / "splits.tsv")
    np.save(tmp_path / "gram.npy", gram_matrix(images))
    files = {
        "subjects": tmp_path / "subjects.tsv",
        "splits": tmp_path / "splits.tsv",
        "gram": tmp_path / "gram.npy",
        "predictions": tmp_path / "out" / "predictions.tsv",
        "folds": tmp_path / "out" / "folds.tsv",
    }
    return subjects, splits, images, files | {"grid": GRID, "seed": 4}


@pytest.mark.parametrize("estimator", ORACLE)
def test_scores_are_those_of_a_fit_on_everything_outside_the_test_part(study, estimator):
    subjects, splits, images, arguments = study
    main(**arguments, model=f"{estimator}_other", estimator=estimator)
    table = read_table(arguments["predictions"])
    folds = read_table(arguments["folds"]).set_index("fold")
    assert sorted(table["participant_id"]) == sorted(subjects["participant_id"])
    assert set(table["model"]) == {f"{estimator}_other"}
    assert set(table["role"]) == {"test"}
    flat, labels = images.reshape(20, -1).astype(float), subjects["label"].to_numpy()
    gram = np.load(arguments["gram"])
    for fold in ("1", "2"):
        row, test = folds.loc[fold], find_rows(splits, subjects, fold, "test")
        train = np.setdiff1d(np.arange(20), test)
        chosen = choose_c(estimator, gram, labels, train, GRID, seed=4)
        assert row["c"] == chosen.c
        assert row["inner_balanced_accuracy"] == pytest.approx(chosen.balanced_accuracy)
        assert (row["platt_slope"], row["platt_intercept"]) == pytest.approx(platt(chosen.scores, labels[train]))
        centred = flat - flat[train].mean(axis=0)
        scale = np.mean(np.sum(centred[train] ** 2, axis=1))
        assert row["scale"] == pytest.approx(scale, rel=1e-5)
        oracle = ORACLE[estimator](chosen.c).fit(centred[train] / np.sqrt(scale), labels[train])
        found = table[table["fold"] == fold].set_index("participant_id")["score"]
        found = found[subjects["participant_id"][test]]
        # The weights per unit of the feature apply the model to any scan.
        applied = centred[test] @ oracle.coef_[0] / np.sqrt(scale) + row["intercept"]
        np.testing.assert_allclose(found, applied, atol=5e-3)
        np.testing.assert_allclose(found, oracle.decision_function(centred[test] / np.sqrt(scale)), atol=5e-3)
        if estimator == "svm":
            assert row["n_support"] == pytest.approx(oracle.n_support_.sum(), abs=1)
    assert folds["n_support"].isna().all() == (estimator == "logistic")


def test_the_same_seed_gives_the_same_bytes(study, tmp_path):
    *_, arguments = study
    main(**arguments, model="svm", estimator="svm")
    again = arguments | {name: tmp_path / f"{name}_again.tsv" for name in ("predictions", "folds")}
    main(**again, model="svm", estimator="svm")
    for name in ("predictions", "folds"):
        assert arguments[name].read_bytes() == again[name].read_bytes()
