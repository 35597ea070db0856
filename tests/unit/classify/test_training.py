import numpy as np
import pytest
import torch

from relmaps.classify.device import open_device
from relmaps.classify.networks import build_network
from relmaps.classify.scaling import fit_scaling
from relmaps.classify.training import Recipe, Scans, predict_scores, seed_of, train_network
from relmaps.errors import UserError

SHAPE = (22, 23, 24)
RECIPE = Recipe(epochs=4, epoch_selection="validation", batch_size=4, learning_rate=0.003, weight_decay=0.01)
TRAIN, VALIDATION, TEST = np.arange(13), np.arange(13, 19), np.arange(19, 24)


@pytest.fixture
def scans(rng):
    """24 images; disease lowers a cube."""
    labels = np.tile([0, 1], 12)
    images = rng.normal(size=(24, *SHAPE)).astype(np.float32)
    images[labels == 1, 4:18, 4:18, 4:18] -= 2
    return Scans(images, fit_scaling(images, TRAIN), labels, open_device("cpu", 0, 1))


def train(scans, validation=VALIDATION, recipe=RECIPE, seed=1):
    network = build_network("small", SHAPE, seed)
    return network, *train_network(network, scans, TRAIN, validation, recipe, seed)


def test_a_network_learns_a_plain_difference(scans):
    network, _, history = train(scans, recipe=Recipe(**vars(RECIPE) | {"epochs": 12}))
    scores = predict_scores(network, scans, TEST, batch_size=2)
    assert ((scores > 0) == scans.labels[TEST]).all()
    assert history["train_loss"].iloc[-1] < 0.5 * history["train_loss"].iloc[0]


def test_the_epoch_with_the_lowest_validation_loss_is_kept(scans):
    scans.labels[VALIDATION] = 1 - scans.labels[VALIDATION]  # the better it learns, the worse it validates
    network, epoch, history = train(scans)
    losses = history["validation_loss"].to_numpy()
    assert epoch == losses.argmin() + 1 < RECIPE.epochs
    assert list(history.loc[history["kept"] == "true", "epoch"]) == [epoch]
    images, labels = scans.batch(VALIDATION)
    with torch.no_grad():
        again = torch.nn.functional.cross_entropy(network.eval()(images), labels)
    assert float(again) == pytest.approx(losses.min(), rel=1e-4)


def test_last_epoch_is_kept_on_request_and_without_validation(scans):
    _, epoch, _ = train(scans, recipe=Recipe(**vars(RECIPE) | {"epoch_selection": "last"}))
    assert epoch == RECIPE.epochs
    _, epoch, history = train(scans, validation=np.array([], dtype=int))
    assert epoch == RECIPE.epochs
    assert history["validation_loss"].isna().all()


def test_same_seed_same_bits_other_seed_not(scans):
    (one, _, _), (two, _, _), (other, _, _) = train(scans), train(scans), train(scans, seed=2)
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), two.parameters(), strict=True))
    assert not all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))


def test_test_part_has_no_influence_on_training(scans):
    before, _, history = train(scans)
    scans.images[TEST] = 1e3
    after, _, again = train(scans)
    assert all(torch.equal(a, b) for a, b in zip(before.parameters(), after.parameters(), strict=True))
    assert history.equals(again)


def test_one_cycle_rises_to_the_peak_and_falls(scans):
    rates = train(scans)[2]["learning_rate"].to_numpy()
    assert rates.argmax() not in (0, len(rates) - 1)
    assert rates.max() <= RECIPE.learning_rate


def test_no_batch_is_a_single_scan(scans, monkeypatch):
    sizes = []
    batch = Scans.batch
    monkeypatch.setattr(Scans, "batch", lambda self, rows: sizes.append(len(rows)) or batch(self, rows))
    train(scans, validation=np.array([], dtype=int))  # 13 scans in batches of at most 4
    assert sorted(sizes[:4]) == [3, 3, 3, 4]


def test_scores_do_not_depend_on_the_batch(scans):
    network = build_network("small", SHAPE, 0)
    by_one, by_all = (predict_scores(network, scans, TEST, size) for size in (1, 5))
    np.testing.assert_allclose(by_one, by_all, rtol=1e-4)
    images, _ = scans.batch(TEST)
    with torch.no_grad():
        logits = network(images)
    np.testing.assert_allclose(by_all, logits[:, 1] - logits[:, 0], rtol=1e-6)


def test_a_diverging_loss_is_refused(scans):
    scans.images[TRAIN[3]] = np.inf
    with pytest.raises(UserError, match=r"lower classify\.cnn\.learning_rate"):
        train(scans)


def test_seeds_of_different_places_differ():
    assert len({seed_of(20, fold, seed) for fold in range(1, 6) for seed in range(5)}) == 25
