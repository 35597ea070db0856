import logging
from dataclasses import replace

import numpy as np
import pytest
import torch

from relmaps.classify import checkpoint, training
from relmaps.classify.augmentation import Augmentation
from relmaps.classify.batches import Scans, one_ahead
from relmaps.classify.networks import build_network
from relmaps.classify.recipe import Recipe, make_recipe
from relmaps.classify.scaling import UNSCALED, fit_scaling
from relmaps.classify.training import Training, make_seed, predict_scores, train_network
from relmaps.io.errors import UserError

pytestmark = pytest.mark.fault

SHAPE = (22, 23, 24)
RECIPE = Recipe(epochs=4, epoch_selection="validation", batch_size=4, learning_rate=3e-3, weight_decay=0.01)
TRAIN, VALIDATION = np.arange(12), np.arange(12, 18)
MOVED = Augmentation(probability=0.5, flip=True, shift_voxels=2, zoom=(1.0, 1.2), rotation_degrees=9, noise=0.1)


@pytest.fixture
def scans(rng) -> Scans:
    """18 scans, less bright in one corner where the label is 1."""
    labels = np.tile([0, 1], 9)
    images = 1 + 0.2 * rng.random((18, *SHAPE), dtype=np.float32)
    images[labels == 1, 4:12, 4:12, 4:12] -= 0.4
    return Scans(images, fit_scaling(images, TRAIN), labels, np.ones(SHAPE, bool), torch.device("cpu"))


def train(scans, recipe=RECIPE, seed=0, validation=VALIDATION, train_part=TRAIN, **options):
    network = build_network("small", SHAPE, seed)
    kept, history = train_network(network, scans, Training(train_part, validation, recipe, seed, **options))
    return network, kept, history


def bits(network):
    return {name: value.numpy().tobytes() for name, value in network.state_dict().items()}


def test_what_separates_the_groups_is_learnt(scans):
    network, _, history = train(scans, replace(RECIPE, epochs=12))
    assert history["train_loss"].iloc[-1] < 0.5 * history["train_loss"].iloc[0]
    scores = predict_scores(network, scans, VALIDATION, 4)
    assert np.mean((scores > 0) == scans.labels[VALIDATION]) == 1


@pytest.mark.parametrize("optimiser", ["adam", "adamw"])
def test_one_step_is_that_of_torch_written_out(scans, optimiser):
    """One batch, a constant rate: the literal step on the literal loss gives the same weights."""
    recipe = replace(RECIPE, epochs=1, batch_size=12, optimiser=optimiser, schedule="constant", epoch_selection="last")
    network, _, _ = train(scans, recipe)
    literal = build_network("small", SHAPE, 0).train()
    kind = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[optimiser]
    step = kind(literal.parameters(), recipe.learning_rate, weight_decay=recipe.weight_decay)
    scaled = (scans.images[TRAIN] - scans.scaling.mean) / scans.scaling.scale
    logits = literal(torch.from_numpy(scaled)[:, None])
    labels = torch.from_numpy(scans.labels[TRAIN])
    loss = -torch.log_softmax(logits, dim=1)[torch.arange(12), labels].mean()
    loss.backward()
    step.step()
    for (name, found), expected in zip(network.named_parameters(), literal.parameters(), strict=True):
        # BatchNorm takes a bias before it away: its gradient is rounding, which Adam blows up to a full step.
        if not (name.endswith("bias") and expected.grad.abs().max() < 1e-6):
            torch.testing.assert_close(found, expected, rtol=1e-3, atol=2e-5)


def test_the_kept_epoch_has_the_lowest_validation_loss_and_its_weights(scans):
    network, kept, history = train(scans)
    assert kept == history["validation_loss"].idxmin() + 1
    assert history.loc[history["kept"] == "true", "epoch"].tolist() == [kept]
    scores, labels = predict_scores(network, scans, VALIDATION, 4), scans.labels[VALIDATION]
    loss = np.mean(np.log1p(np.exp(-(2 * labels - 1) * scores)))
    assert history["validation_loss"].iloc[kept - 1] == pytest.approx(loss, rel=1e-5)


@pytest.mark.parametrize("how", ["last", "no validation"])
def test_the_last_epoch_is_kept_on_request_and_without_validation(scans, how):
    validation = VALIDATION if how == "last" else VALIDATION[:0]
    recipe = replace(RECIPE, epoch_selection="last") if how == "last" else RECIPE
    _, kept, history = train(scans, recipe, validation=validation)
    assert kept == 4
    assert history["validation_loss"].isna().all() == (how != "last")


def test_patience_ends_training_after_the_best_epoch(scans, monkeypatch):
    losses = iter([0.9, 0.5, 0.6, 0.7, 0.4, 0.3])
    monkeypatch.setattr(training, "_validate", lambda *_: (next(losses), 0.5))
    _, kept, history = train(scans, replace(RECIPE, epochs=6, patience=2))
    assert len(history) == 4
    assert kept == 2


def test_the_seed_decides_everything(scans):
    first, again, other = (train(scans, seed=seed)[0] for seed in (0, 0, 1))
    assert bits(first) == bits(again)
    assert bits(first) != bits(other)


@pytest.mark.parametrize("augmentation", [None, MOVED])
def test_a_killed_training_goes_on_to_the_same_bytes(scans, tmp_path, augmentation):
    class KilledError(Exception):
        pass

    def kill(history):
        if len(history) == 2:
            raise KilledError

    recipe = replace(RECIPE, augmentation=augmentation)
    path = tmp_path / "checkpoints" / "state.safetensors"
    with pytest.raises(KilledError):
        train(scans, recipe, checkpoint=path, identity="a", report=kill)
    resumed, kept, history = train(scans, recipe, checkpoint=path, identity="a")
    whole, kept_whole, history_whole = train(scans, recipe)
    assert bits(resumed) == bits(whole)
    assert kept == kept_whole
    assert history.equals(history_whole)


def test_a_finished_training_is_not_repeated_from_its_checkpoint(scans, tmp_path, monkeypatch):
    path = tmp_path / "state.safetensors"
    first, *_ = train(scans, checkpoint=path, identity="a")
    monkeypatch.setattr(training, "_train_epoch", lambda *_: pytest.fail("trained again"))
    assert bits(train(scans, checkpoint=path, identity="a")[0]) == bits(first)


@pytest.mark.parametrize("damage", ["other", "cut", "text", "tensors"])
def test_a_checkpoint_that_does_not_fit_is_not_used(scans, tmp_path, caplog, damage):
    path = tmp_path / "state.safetensors"
    train(scans, replace(RECIPE, epochs=2), checkpoint=path, identity="a")
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:-50])
    elif damage == "text":
        path.write_bytes(b"nothing of ours")
    elif damage == "tensors":
        known = checkpoint.safe_open(path, framework="pt").metadata()
        checkpoint.save_file({"network.layers.0.bias": torch.zeros(4)}, path, metadata=known)
    with caplog.at_level(logging.INFO, logger="relmaps"):
        resumed, *_ = train(scans, checkpoint=path, identity="b" if damage == "other" else "a")
    assert "starting anew" in caplog.text
    assert bits(resumed) == bits(train(scans)[0])


def test_history_is_told_after_each_epoch(scans):
    told = []
    train(scans, report=lambda history: told.append(len(history)))
    assert told == [1, 2, 3, 4]


def test_a_batch_that_does_not_fit_is_halved_and_its_gradients_add_up(scans, caplog):
    """BatchNorm in evaluation mode, so that pieces do not differ: the step is that of the whole batch."""
    network, whole = (build_network("small", SHAPE, 0).eval() for _ in range(2))
    images, labels = scans.batch(TRAIN[:8])

    def forward(batch):
        if len(batch) > 3:
            raise RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 1 bytes.")
        return network(batch)

    def one_step(model, function):
        state = checkpoint.State()
        step = torch.optim.SGD(model.parameters(), 0.1)
        return training._step(function, images, labels, step, "float32", state), state

    with caplog.at_level(logging.WARNING, logger="relmaps"):
        loss, state = one_step(network, forward)
    assert state.parts == 4
    assert "split in 4 pieces" in caplog.text
    assert loss == pytest.approx(one_step(whole, whole)[0], rel=1e-5)
    for found, expected in zip(network.parameters(), whole.parameters(), strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-6)


def test_memory_for_not_even_one_scan_is_one_clear_line(scans, monkeypatch):
    def full(*_, **__):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(training, "cross_entropy", full)
    with pytest.raises(UserError, match="not enough memory to train on one scan"):
        train(scans)


def test_a_batch_to_predict_that_does_not_fit_is_split(scans, caplog):
    network = build_network("small", SHAPE, 3).eval()
    whole = predict_scores(network, scans, np.arange(18), 8)
    sizes = []

    class Small(torch.nn.Module):
        def forward(self, images):
            sizes.append(len(images))
            if len(images) > 5:
                raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 1 bytes.")
            return network(images)

    split = predict_scores(Small(), scans, np.arange(18), 8)
    assert sizes == [8, 4, 4, 4, 4, 1, 1]
    assert "batches to predict are now split in 2 pieces" in caplog.text
    np.testing.assert_allclose(split, whole, rtol=1e-4, atol=1e-6)


def test_other_errors_are_not_taken_for_memory(scans, monkeypatch):
    def wrong(*_, **__):
        raise RuntimeError("shapes do not fit")

    monkeypatch.setattr(training, "cross_entropy", wrong)
    with pytest.raises(RuntimeError, match="shapes do not fit"):
        train(scans)


def test_bf16_stays_within_its_digits_of_float32(scans):
    """bf16 has 8 bits of mantissa: logits after the same training differ by some per cent of their spread."""
    scores = {}
    for precision in ("float32", "bf16"):
        network, *_ = train(scans, replace(RECIPE, precision=precision, epoch_selection="last"))
        scores[precision] = predict_scores(network, scans, np.arange(18), 6)
    difference = scores["bf16"] - scores["float32"]
    assert 0 < np.abs(difference).max() < 0.15 * scores["float32"].std()


def test_auto_is_float32_on_the_cpu(scans):
    assert bits(train(scans)[0]) == bits(train(scans, replace(RECIPE, precision="float32"))[0])


def test_channels_last_changes_rounding_alone(scans):
    network = build_network("small", SHAPE, 3).eval()
    images, _ = scans.batch(TRAIN)
    with torch.no_grad():
        plain = network(images)
        last = network.to(memory_format=torch.channels_last_3d)(images)
    torch.testing.assert_close(last, plain, rtol=1e-5, atol=1e-5)


def test_a_loss_that_is_not_finite_is_refused(scans):
    images = scans.images.copy()
    images[3] = np.nan
    broken = Scans(images, UNSCALED, scans.labels, scans.brain, scans.device)
    with pytest.raises(UserError, match="diverged in epoch 1"):
        train(broken)


def test_batches_are_scaled_and_labelled(scans):
    images, labels = scans.batch(np.array([3, 0]))
    np.testing.assert_array_equal(images[:, 0].numpy(), scans.scaling.apply(scans.images[[3, 0]]))
    assert labels.tolist() == [1, 0]


def test_augmentation_comes_before_scaling_and_changes_only_training(scans):
    generator = torch.Generator().manual_seed(1)
    certain = replace(MOVED, probability=1.0)
    images, _ = scans.batch(TRAIN, certain, generator)
    assert not np.allclose(images[:, 0].numpy(), scans.scaling.apply(scans.images[TRAIN]))
    assert scans.images.min() > -0.5  # the cohort array itself is not touched


def test_one_ahead_keeps_order_and_results():
    assert list(one_ahead(lambda item: item * 2, range(5))) == [0, 2, 4, 6, 8]
    assert list(one_ahead(str, [])) == []


def test_recipe_reads_the_configuration():
    settings = {"epochs": 1, "epoch_selection": "last", "batch_size": 2, "learning_rate": 1.0, "weight_decay": 0.0}
    augmentation = {
        "probability": 1,
        "flip": True,
        "shift_voxels": 0,
        "zoom": [1, 2],
        "rotation_degrees": 0,
        "noise": 0,
    }
    assert make_recipe(settings | {"augmentation": None}).augmentation is None
    assert make_recipe(settings | {"augmentation": augmentation}).augmentation.zoom == (1, 2)


def test_seeds_of_parts_do_not_collide():
    seeds = {make_seed(a, b, c) for a in range(6) for b in range(6) for c in range(6)}
    assert len(seeds) == 216
