import numpy as np
import pandas as pd
import pytest
import torch

from relmaps.classify.splits import split_subjects
from relmaps.classify.weights import load_classifier
from relmaps.tables import read_table, write_table
from workflow.scripts.train_cnn import main

SHAPE = (22, 23, 24)
RECIPE = {"epochs": 3, "epoch_selection": "validation", "batch_size": 4, "learning_rate": 3e-3, "weight_decay": 0.01}


@pytest.fixture
def study(tmp_path, rng):
    subjects = pd.DataFrame({"participant_id": [f"sub-{i:02d}" for i in range(16)], "label": [0, 1] * 8})
    write_table(subjects, tmp_path / "subjects.tsv")
    write_table(split_subjects(subjects, 2, 0.25, seed=0), tmp_path / "splits.tsv")
    np.save(tmp_path / "gm_modulated.npy", rng.random((16, *SHAPE), dtype=np.float32))
    return tmp_path


def run(study, out, training_seed=0):
    main(
        subjects=study / "subjects.tsv",
        splits=study / "splits.tsv",
        images=study / "gm_modulated.npy",
        weights=study / f"{out}.safetensors",
        history=study / f"{out}_history.tsv",
        predictions=study / f"{out}_predictions.tsv",
        model="small",
        feature="gm_modulated",
        fold="2",
        training_seed=training_seed,
        seed=20,
        recipe=RECIPE,
        device="cpu",
        gpus=0,
        compute_threads=1,
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
        **{"model": "small", "feature": "gm_modulated", "grid_shape": list(SHAPE), "fold": "2", "seed": 0},
        "epoch": losses["validation_loss"].idxmin() + 1,
    }


def test_same_inputs_same_bytes_other_training_seed_not(study):
    first, again, other = run(study, "a"), run(study, "b"), run(study, "c", training_seed=1)
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in again]
    assert first[0].read_bytes() != other[0].read_bytes()
