import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC

from relmaps.classify.gram import gram_matrix
from relmaps.classify.linear import ESTIMATORS
from relmaps.io.errors import UserError
from relmaps.io.tables import write_table
from relmaps.relevance.linear_maps import (
    HeldOutPattern,
    LinearMap,
    read_fold_scores,
    read_folds,
    read_gram,
    read_held_out_scores,
    read_scores,
)

LABELS = np.array([0, 1] * 8)
TRAINS = [np.arange(16)[np.arange(16) % 4 != 0], np.arange(16)[np.arange(16) % 4 != 3]]
CS = [1.0, 0.2]


@pytest.fixture
def features(rng):
    """(16, 40) positive, far from zero, less in the first ten voxels in disease."""
    noise = rng.normal(size=(16, 40))
    noise[LABELS == 1, :10] -= 1.5
    return (20 + noise).astype(np.float32)


@pytest.fixture
def draws(rng):
    """(3, 16) multiplicities, everybody once and two bootstrap draws."""
    return np.vstack([np.ones(16), rng.multinomial(16, np.full(16, 1 / 16), size=2)]).astype(float)


def linear_map(features, estimator, kind):
    return LinearMap(features, gram_matrix(features), LABELS, TRAINS, CS, estimator, kind)


def literal_map(features, labels, c, estimator, kind):
    """Negated weights or pattern of a fit on repeated rows, with the covariance matrix written out."""
    X = features.astype(np.float64)
    X -= X.mean(axis=0)
    scale = np.sqrt(np.mean(np.sum(X**2, axis=1)))
    model = SVC(kernel="linear", C=c, tol=1e-8)
    if estimator == "logistic":
        model = LogisticRegression(C=c, tol=1e-10, max_iter=10_000)
    weights = model.fit(X / scale, labels).coef_[0] / scale
    covariance = X.T @ X / len(X)
    return -weights if kind == "weights" else -(covariance @ weights) / (weights @ covariance @ weights)


@pytest.mark.parametrize("kind", ["weights", "pattern"])
@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_equals_refits_on_repeated_subjects_with_the_c_of_each_fold(features, draws, estimator, kind):
    maps = linear_map(features, estimator, kind)(draws)
    assert maps.dtype == np.float32
    for draw, result in zip(draws, maps, strict=True):
        again = [np.repeat(train, draw[train].astype(int)) for train in TRAINS]
        folds = [
            literal_map(features[rows], LABELS[rows], c, estimator, kind) for rows, c in zip(again, CS, strict=True)
        ]
        literal = np.mean(folds, axis=0)
        np.testing.assert_allclose(result, literal, atol=3e-3 * np.abs(literal).max())


@pytest.mark.parametrize("kind", ["weights", "pattern"])
@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_positive_where_disease_has_less(features, estimator, kind):
    result = linear_map(features, estimator, kind)(np.ones((1, 16)))[0]
    assert (result[:10] > 0).all()
    assert result[:10].mean() > 3 * abs(result[10:].mean())


def test_group_map_is_the_mean_of_the_folds(features):
    pattern = linear_map(features, "svm", "pattern")
    folds = [pattern.of_fold(fold) for fold in range(2)]
    assert not np.allclose(*folds)
    np.testing.assert_allclose(pattern(np.ones((1, 16)))[0], np.mean(folds, axis=0), rtol=1e-4, atol=1e-6)


def test_fold_ignores_its_test_subjects(features):
    changed = features.copy()
    changed[::4] += 5
    maps = [linear_map(values, "svm", "weights") for values in (features, changed)]
    atol = 2e-3 * np.abs(maps[0].of_fold(0)).max()  # the SVM's tolerance
    np.testing.assert_allclose(maps[0].of_fold(0), maps[1].of_fold(0), atol=atol)
    assert not np.allclose(maps[0].of_fold(1), maps[1].of_fold(1), atol=10 * atol)


def test_pattern_of_finished_models_is_the_covariance_of_features_and_scores(features, draws, rng):
    scores = rng.normal([[0], [2], [-4]], 1, size=(3, 16))
    applied = HeldOutPattern(features, scores)
    for draw, result in zip(draws, applied(draws), strict=True):
        rows = np.repeat(np.arange(16), draw.astype(int))
        X = features[rows].astype(float) - features[rows].astype(float).mean(axis=0)
        folds = [X.T @ (fold[rows] - fold[rows].mean()) / len(rows) / np.var(fold[rows]) for fold in scores]
        np.testing.assert_allclose(result, -np.mean(folds, axis=0), atol=2e-4)
    np.testing.assert_allclose(
        np.mean([applied.of_fold(fold) for fold in range(3)], axis=0), applied(draws)[0], atol=1e-4
    )


def test_pattern_of_a_linear_model_applied_to_its_own_subjects_is_the_pattern_of_the_fit(features):
    """Covariance of features with X w is cov(X) w, Haufe's formula."""
    weights = np.linspace(-1, 1, 40)
    X = features.astype(float) - features.astype(float).mean(axis=0)
    literal = np.cov(X.T) @ weights / np.var(X @ weights, ddof=1)
    applied = HeldOutPattern(features, (features @ weights)[None])(np.ones((1, 16)))[0]
    np.testing.assert_allclose(applied, -literal, atol=1e-4)


def literal_pattern_per_sd(features, scores, tested, draw):
    """-cov(x, z) of a fold's tested subjects, each as often as drawn; z are their standardised scores."""
    drawn = [row for row in tested for _ in range(int(draw[row]))]
    mean = sum(scores[row] for row in drawn) / len(drawn)
    sd = np.sqrt(sum((scores[row] - mean) ** 2 for row in drawn) / len(drawn))
    image = sum(features[row].astype(float) for row in drawn) / len(drawn)
    return -sum((features[row] - image) * (scores[row] - mean) / sd for row in drawn) / len(drawn)


def test_pattern_per_sd_is_the_covariance_over_each_fold_s_test_part(features, draws, rng):
    """Folds of unlike scale count alike, and nobody counts in a fold that does not test them."""
    scores = rng.normal(size=(2, 16)) * [[1], [50]]
    scores[0, 8:], scores[1, :8] = np.nan, np.nan
    pattern = HeldOutPattern(features, scores, per_sd=True)
    for draw, result in zip(draws, pattern(draws), strict=True):
        folds = [
            literal_pattern_per_sd(features, of_fold, tested, draw)
            for of_fold, tested in zip(scores, (range(8), range(8, 16)), strict=True)
        ]
        np.testing.assert_allclose(result, np.mean(folds, axis=0), atol=2e-5)


def test_a_model_that_says_the_same_of_all_has_a_pattern_of_zeros(features, draws):
    assert not HeldOutPattern(features, np.full((1, 16), 0.3), per_sd=True)(draws).any()


@pytest.fixture
def predictions(tmp_path):
    """Two folds, another network chosen in each; two seeds of each network, which predict validation parts, too."""
    rows = [
        (model, fold, seed, person, role, value + seed)
        for model, value in (("small", 10), ("A24", 20), ("svm", 30))
        for fold, person, role in (("1", "a", "test"), ("1", "b", "test"), ("1", "c", "validation"), ("2", "c", "test"))
        for seed in (0, 1)
    ]
    columns = ["model", "fold", "seed", "participant_id", "role", "score"]
    write_table(pd.DataFrame(rows, columns=columns), tmp_path / "predictions.tsv")
    chosen = [("2", "A24", "true"), ("1", "small", "true"), ("1", "A24", "false")]
    write_table(pd.DataFrame(chosen, columns=["fold", "model", "chosen"]), tmp_path / "selection.tsv")
    return tmp_path / "predictions.tsv"


def test_scores_are_those_of_the_chosen_networks_on_their_test_parts(predictions):
    people, selection = pd.Series(["c", "b", "a"]), predictions.with_name("selection.tsv")
    scores, models = read_held_out_scores(predictions, selection, people)
    assert models == ["small", "A24"]
    np.testing.assert_array_equal(scores, [[np.nan, 10.5, 10.5], [20.5, np.nan, np.nan]])
    table = pd.read_csv(predictions, sep="\t")
    write_table(table[table["model"] != "A24"], predictions)
    with pytest.raises(UserError, match=r"predictions\.tsv: no held-out predictions of A24 in fold 2; delete it"):
        read_held_out_scores(predictions, selection, people)


def test_scores_of_a_fold_are_in_the_order_of_its_participants(predictions):
    table = pd.read_csv(predictions, sep="\t")
    table = table[(table["model"] == "svm") & (table["seed"] == 0) & (table["role"] == "test")]
    write_table(table.assign(score=[1, 2, 3]), predictions)
    assert read_fold_scores(predictions, "svm", "1", pd.Series(["b", "a"])).tolist() == [2, 1]
    with pytest.raises(UserError, match=r"predictions\.tsv: svm has no scores of some participants of fold 2; delete"):
        read_fold_scores(predictions, "svm", "2", pd.Series(["c", "a"]))


def test_c_goes_to_its_fold_whatever_the_order_of_the_files(tmp_path):
    people = pd.DataFrame({"participant_id": [f"sub-{n}" for n in range(6)], "label": [0, 1] * 3})
    roles = [
        people.assign(fold=fold, role=["test" if n % 3 == place else "train" for n in range(6)])
        for place, fold in enumerate(("10", "2", "1"))
    ]
    write_table(pd.concat(roles), tmp_path / "splits.tsv")
    folds = pd.DataFrame({"fold": ["2", "10", "1"], "c": [0.2, 10, 0.1]})
    write_table(folds, tmp_path / "folds.tsv")
    trains, cs = read_folds(tmp_path / "splits.tsv", tmp_path / "folds.tsv", people)
    assert cs == [0.1, 0.2, 10]
    assert [train.tolist() for train in trains] == [[0, 1, 3, 4], [0, 2, 3, 5], [1, 2, 4, 5]]
    write_table(folds[1:], tmp_path / "folds.tsv")
    with pytest.raises(UserError, match=r"folds\.tsv: its folds are not those"):
        read_folds(tmp_path / "splits.tsv", tmp_path / "folds.tsv", people)


def test_files_of_other_subjects_are_told(tmp_path):
    np.save(tmp_path / "gram.npy", np.eye(5))
    with pytest.raises(UserError, match=r"gram\.npy: shape \(5, 5\) does not fit 6 subjects"):
        read_gram(tmp_path / "gram.npy", 6)
    table = pd.DataFrame({"model": "svm", "fold": ["1", "1", "2", "2"], "participant_id": ["b", "a"] * 2})
    write_table(table.assign(score=[1, 2, 3, 4]), tmp_path / "scores.tsv")
    assert read_scores(tmp_path / "scores.tsv", "svm", pd.Series(["a", "b"])).tolist() == [[2, 1], [4, 3]]
    for model, people in (("svm", ["a", "c"]), ("logistic", ["a", "b"])):
        with pytest.raises(UserError, match=rf"scores\.tsv: {model} has no scores"):
            read_scores(tmp_path / "scores.tsv", model, pd.Series(people))
