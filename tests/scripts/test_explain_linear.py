import numpy as np
import pandas as pd
import pytest

from relmaps.classify.gram import gram_matrix
from relmaps.io.errors import UserError
from relmaps.io.images import read_map, write_map
from relmaps.io.tables import read_table, write_table
from relmaps.relevance.group import open_group_map
from workflow.scripts import explain_linear, fit_linear, map_linear_folds

N = 12
FOLDS = ["1", "2"]
LABELS = np.array([0, 1] * (N // 2))


@pytest.fixture
def job(tmp_path, grid, brain, rng):
    """A study of twelve participants in two folds, with its SVM as the rules fit it."""
    people = pd.DataFrame({"participant_id": [f"sub-{n:02d}" for n in range(N)], "label": LABELS})
    write_table(people.assign(age=np.nan, sex=None, tiv_ml=np.nan), tmp_path / "subjects.tsv")
    roles = [
        people.assign(fold=fold, role=np.where((np.arange(N) % 4 < 2) == (fold == "1"), "test", "train"))
        for fold in FOLDS
    ]
    write_table(pd.concat(roles), tmp_path / "splits.tsv")
    write_map(brain, tmp_path / "mask.nii.gz", grid, dtype=np.uint8)
    images = rng.normal(5, 1, size=(N, *grid.shape)).astype(np.float32)
    images[LABELS == 1] -= 0.7
    np.save(tmp_path / "array.npy", images * brain)
    np.save(tmp_path / "gram.npy", gram_matrix(images * brain))
    files = {key: tmp_path / f"{key}.tsv" for key in ("subjects", "splits", "predictions", "linear_folds")}
    fitted = {"subjects": files["subjects"], "splits": files["splits"], "gram": tmp_path / "gram.npy"}
    fit_linear.main(
        **fitted, predictions=files["predictions"], folds=files["linear_folds"], model="svm", estimator="svm",
        grid=[0.1], seed=0,
    )  # fmt: skip
    shared = {"brain_mask": tmp_path / "mask.nii.gz", "array": tmp_path / "array.npy"}
    weights = [tmp_path / f"weights-{fold}.nii.gz" for fold in FOLDS]
    inputs = fitted | shared | {"linear_folds": files["linear_folds"]}
    map_linear_folds.main("svm_weights", inputs, grid.space, "gm_modulated", weights)
    return files | shared | {
        "model": "svm",
        "folds": FOLDS,
        "weights": weights,
        "trained": {"array": shared["array"], "subjects": files["subjects"], "splits": files["splits"]},
        "fold_maps": [tmp_path / f"fold-{fold}.nii.gz" for fold in FOLDS],
        "subject_maps": [tmp_path / f"fold-{fold}_subjects.npy" for fold in FOLDS],
        "subject_tables": [tmp_path / f"fold-{fold}_subjects.tsv" for fold in FOLDS],
        "space": grid.space,
        "targets": ["true_class", "disease"],
        "pooling": "class_means",
        "normalisation": "unit_l1",
    }  # fmt: skip


def held_out_in(fold):
    return [n for n in range(N) if (n % 4 < 2) == (fold == "1")]


def literal_maps(job, grid, brain, fold):
    """(n, n_voxels) w (x - m) of a fold's held-out participants, one after the other."""
    images = np.load(job["array"])[:, brain].astype(float)
    train = [n for n in range(N) if n not in held_out_in(fold)]
    mean = sum(images[n] for n in train) / len(train)
    w = -read_map(job["weights"][FOLDS.index(fold)], grid)[brain]
    return np.array([w * (images[n] - mean) for n in held_out_in(fold)])


def test_writes_maps_of_the_held_out_participants(job, grid, brain):
    explain_linear.main(**job)
    for fold, stored, path in zip(FOLDS, job["subject_maps"], job["subject_tables"], strict=True):
        table, maps, n = read_table(path), np.load(stored).astype(float), len(held_out_in(fold))
        assert table["participant_id"].tolist() == [f"sub-{row:02d}" for row in held_out_in(fold)] * 2
        assert table["target"].tolist() == ["true_class"] * n + ["disease"] * n
        assert set(table["model"]) == {"svm"}
        assert set(table["fold"]) == {fold}
        true_class, disease = maps * table["amplitude"].to_numpy().reshape(2, n, 1)
        literal = literal_maps(job, grid, brain, fold)
        np.testing.assert_allclose(disease, literal, atol=1e-3 * np.abs(literal).max())
        signs = np.array([1 if LABELS[row] else -1 for row in held_out_in(fold)])
        np.testing.assert_allclose(true_class, signs[:, None] * disease, atol=1e-6)


def test_maps_add_up_to_the_published_decision_value_without_the_intercept(job, grid, brain):
    """The weights and the means that are explained are those of the model that predicted."""
    explain_linear.main(**job)
    predictions = read_table(job["predictions"]).set_index("participant_id")["score"]
    intercepts = read_table(job["linear_folds"]).set_index("fold")["intercept"]
    for fold, path in zip(FOLDS, job["subject_tables"], strict=True):
        table = read_table(path)
        assert (table["completeness_error"] < 1e-3).all()
        assert table["score"].tolist() == pytest.approx(predictions[table["participant_id"]].tolist())
        sums = literal_maps(job, grid, brain, fold).sum(axis=1)
        expected = table["score"][: len(sums)] - intercepts[fold]
        np.testing.assert_allclose(sums, expected, rtol=1e-3)
    change = read_table(job["predictions"])
    write_table(change.assign(score=change["score"] + 1), job["predictions"])
    explain_linear.main(**job)
    assert (read_table(job["subject_tables"][0])["completeness_error"] > 1e-2).all()


def test_the_group_map_is_pooled_and_resampled_like_a_heatmap(job, grid, brain):
    """Each draw is the mean of the two class means of maps scaled to one, and then of the folds: written out."""
    explain_linear.main(**job)
    files = {key: job[key] for key in ("subjects", "brain_mask", "subject_maps", "subject_tables", "space")}
    settings = {"feature": "gm_modulated", "pooling": "class_means", "normalisation": "unit_l1"}
    group_map = open_group_map("svm_contribution", **files, **settings)
    draw = np.array([2, 1, 1, 1, 0, 3, 2, 0, 1, 1, 1, 2])
    folds = {"once": [], "drawn": []}
    for fold in FOLDS:
        maps = literal_maps(job, grid, brain, fold)
        maps = {n: (1 if LABELS[n] else -1) * m / np.abs(m).sum() for n, m in zip(held_out_in(fold), maps, strict=True)}
        for name, counts in (("once", np.ones(N, int)), ("drawn", draw)):
            means = []
            for label in (0, 1):
                members = [n for n in maps if LABELS[n] == label for _ in range(counts[n])]
                means.append(sum(maps[n] for n in members) / len(members))
            folds[name].append(sum(means) / 2)
    for counts, literal in ((np.ones(N), folds["once"]), (draw, folds["drawn"])):
        literal = np.mean(literal, axis=0)
        np.testing.assert_allclose(group_map(counts[None])[0], literal, atol=2e-3 * np.abs(literal).max())
    of_folds = np.mean([read_map(path, grid)[brain] for path in job["fold_maps"]], axis=0)
    np.testing.assert_allclose(of_folds, group_map.published(), atol=2e-3 * np.abs(of_folds).max())
    sidecar = group_map.sidecar(group_map.published())
    assert sidecar["model"] == ["svm"]
    assert sidecar["subjects"] == N
    assert sidecar["completeness_error"]["largest"] < 1e-3
    assert sidecar["polarity"] == "positive = evidence for the explained class, which is each subject's true class"


def test_a_voxel_that_speaks_for_the_true_class_is_positive(job, grid):
    """Less tissue in disease is evidence for it, and more is evidence for control: the sum is positive for both."""
    explain_linear.main(**job)
    rows = pd.concat(map(read_table, job["subject_tables"])).query("target == 'true_class'")
    hits = (rows["score"] > 0) == (rows["label"] == 1)
    assert hits.mean() > 0.7
    assert read_map(job["fold_maps"][0], grid).sum() > 0


def test_finished_models_explain_participants_of_another_study(job, grid, brain, rng, tmp_path):
    """Every fold tests all; the mean is that of the study that trained the model."""
    people = pd.DataFrame({"participant_id": ["new-a", "new-b"], "label": [1, 0]})
    write_table(people, tmp_path / "new.tsv")
    write_table(pd.concat([people.assign(fold=fold, role="test") for fold in FOLDS]), tmp_path / "new_splits.tsv")
    images = rng.normal(5, 1, size=(2, *grid.shape)).astype(np.float32) * brain
    np.save(tmp_path / "new.npy", images)
    rows = [people.assign(model="svm", fold=fold, score=1.0) for fold in FOLDS]
    write_table(pd.concat(rows), tmp_path / "new_predictions.tsv")
    theirs = np.load(job["array"])[:, brain]
    new = {"subjects": tmp_path / "new.tsv", "splits": tmp_path / "new_splits.tsv", "array": tmp_path / "new.npy"}
    explain_linear.main(**job | new | {"predictions": tmp_path / "new_predictions.tsv"})
    mean = theirs[[n for n in range(N) if n not in held_out_in("2")]].mean(axis=0)
    literal = -read_map(job["weights"][1], grid)[brain] * (images[0][brain] - mean)
    amplitude = read_table(job["subject_tables"][1])["amplitude"][0]
    stored = np.load(job["subject_maps"][1])[0, 0].astype(float) * amplitude
    np.testing.assert_allclose(stored, literal, atol=1e-3 * np.abs(literal).max())


def test_participant_that_was_trained_on_is_refused(job):
    splits = read_table(job["splits"])
    write_table(pd.concat([splits, splits[:1].assign(role="train")]), job["splits"])
    with pytest.raises(UserError, match="sub-00 is both tested and trained on in fold 1"):
        explain_linear.main(**job)
    assert not job["subject_maps"][0].exists()
