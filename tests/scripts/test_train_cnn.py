import numpy as np
import pandas as pd
import pytest
import torch

from relmaps.classify.device import open_device
from relmaps.classify.roles import find_rows
from relmaps.classify.scaling import fit_scaling
from relmaps.classify.splits import split_subjects
from relmaps.classify.weights import load_classifier
from relmaps.io.images import write_map
from relmaps.io.tables import read_table, write_table
from relmaps.space.grid import Grid
from workflow.scripts.train_cnn import main

SHAPE = (22, 23, 24)
RECIPE = {"epochs": 3, "epoch_selection": "validation", "batch_size": 4, "learning_rate": 3e-3, "weight_decay": 0.01}
RECIPE |= {"augmentation": None, "input_scaling": "z_score"}
GRID = Grid(SHAPE, np.diag([4.0, 4, 4, 1]), "MNI152NLin2009aSym")


@pytest.fixture
def study(tmp_path, rng):
    subjects = pd.DataFrame({"participant_id": [f"sub-{i:02d}" for i in range(16)], "label": [0, 1] * 8})
    write_table(subjects, tmp_path / "subjects.tsv")
    write_table(split_subjects(subjects, 2, 0.25, seed=0), tmp_path / "splits.tsv")
    write_map(np.ones(SHAPE, dtype=np.float32), tmp_path / "mask.nii.gz", GRID)
    np.save(tmp_path / "gm_modulated.npy", rng.random((16, *SHAPE), dtype=np.float32))
    return tmp_path


def run(study, out, training_seed=0, **recipe):
    main(
        subjects=study / "subjects.tsv",
        splits=study / "splits.tsv",
        images=study / "gm_modulated.npy",
        weights=study / f"{out}.safetensors",
        history=study / f"{out}_history.tsv",
        predictions=study / f"{out}_predictions.tsv",
        brain_mask=study / "mask.nii.gz",
        model="small",
        architecture="small",
        feature="gm_modulated",
        fold="2",
        training_seed=training_seed,
        seed=20,
        recipe=RECIPE | recipe,
        space="MNI152NLin2009aSym",
        device=open_device("cpu", {}, 1),
        code="as it is",
    )
    return [study / f"{out}{end}" for end in (".safetensors", "_history.tsv", "_predictions.tsv")]


def test_held_out_participants_are_predicted_by_the_written_weights(study):
    weights, history, predictions = run(study, "a")
    table = read_table(predictions)
    roles = read_table(study / "splits.tsv").query("fold == '2' and role != 'train'")
    assert dict(zip(table["participant_id"], table["role"], strict=True)) == dict(
        zip(roles["participant_id"], roles["role"], strict=True)
    )

    classifier = load_classifier(weights)
    rows = table["participant_id"].str.removeprefix("sub-").astype(int)
    images = np.load(study / "gm_modulated.npy")[rows]
    with torch.no_grad():
        logits = classifier.network(torch.from_numpy(classifier.scaling.apply(images))[:, None])
    np.testing.assert_allclose(table["score"], logits[:, 1] - logits[:, 0], rtol=1e-4, atol=1e-6)

    losses = read_table(history)
    assert list(losses["epoch"]) == [1, 2, 3]
    assert classifier.metadata == {
        **{"model": "small", "architecture": "small", "feature": "gm_modulated", "grid_shape": list(SHAPE)},
        **{"fold": "2", "seed": 0},
        "epoch": losses["validation_loss"].idxmin() + 1,
    }


def test_the_input_is_scaled_by_the_training_part_alone(study):
    weights, *_ = run(study, "a")
    train = find_rows(read_table(study / "splits.tsv"), read_table(study / "subjects.tsv"), "2", "train")
    assert 0 < len(train) < 8
    found, expected = load_classifier(weights).scaling, fit_scaling(np.load(study / "gm_modulated.npy"), train)
    np.testing.assert_array_equal(found.mean, expected.mean)
    np.testing.assert_array_equal(found.scale, expected.scale)


def test_same_inputs_same_bytes_other_training_seed_not(study):
    first, again, other = run(study, "a"), run(study, "b"), run(study, "c", training_seed=1)
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in again]
    assert first[0].read_bytes() != other[0].read_bytes()


def test_input_is_left_as_it_is_on_request(study):
    weights, *_ = run(study, "a", input_scaling="none")
    classifier = load_classifier(weights)
    images = np.load(study / "gm_modulated.npy")
    np.testing.assert_array_equal(classifier.scaling.apply(images), images)
    assert classifier.scaling.mean.shape == ()


def test_nothing_is_left_of_the_checkpoints(study):
    run(study, "a")
    assert not list(study.rglob("checkpoints/*"))
