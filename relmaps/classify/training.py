"""The training loop: plain PyTorch over one memory-mapped array, the same bytes for the same seed on the CPU."""

import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import nn
from torch.nn.functional import cross_entropy
from torch.optim.lr_scheduler import ConstantLR, LRScheduler, OneCycleLR

from relmaps.classify.batches import Scans, one_ahead
from relmaps.classify.checkpoint import State, load_checkpoint, save_checkpoint
from relmaps.classify.memory import run_in_pieces
from relmaps.classify.networks import memory_format
from relmaps.classify.performance import hit_rates
from relmaps.classify.predictions import compute_cross_entropy
from relmaps.classify.recipe import Recipe
from relmaps.io.errors import UserError

log = logging.getLogger("relmaps")

HISTORY = ["epoch", "learning_rate", "train_loss", "validation_loss", "validation_balanced_accuracy"]


@dataclass(frozen=True, eq=False)
class Training:
    """What one training needs besides the network and the scans.

    train, validation : rows of the scans; validation may be empty, then the last epoch is kept. seed : of the order of
    scans, of dropout and of augmentation.
    checkpoint : file that holds the state after each epoch, None for none; identity : fingerprint of all that the
    training depends on. report : called after each epoch with the history so far.
    """

    train: np.ndarray
    validation: np.ndarray
    recipe: Recipe
    seed: int
    checkpoint: Path | None = None
    identity: str = ""
    report: Callable[[pd.DataFrame], None] = lambda history: None


def make_seed(*parts: int) -> int:
    """One seed out of several numbers (study, fold, training), without the collisions of a sum."""
    return int(np.random.SeedSequence(parts).generate_state(1)[0])


def train_network(network: nn.Module, scans: Scans, training: Training) -> tuple[int, pd.DataFrame]:
    """Train in place with cross-entropy and leave the network with the weights of the epoch that is kept.

    Returns the epoch kept (from 1) and the history: epoch, learning_rate, train_loss (mean over the epoch's steps),
    validation_loss, validation_balanced_accuracy, kept (true | false). A training that was killed goes on after its
    last epoch and ends with the same bytes. Raises UserError if the loss is not finite, or if memory does not even
    hold batches of one scan.
    """
    recipe, validation = training.recipe, training.validation
    network.to(scans.device, memory_format=memory_format(network))
    steps = math.ceil(len(training.train) / recipe.batch_size)
    optimiser = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[recipe.optimiser](
        network.parameters(), recipe.learning_rate, weight_decay=recipe.weight_decay
    )
    schedule = _schedule(optimiser, recipe, steps)
    state = None
    if training.checkpoint is not None:
        state = load_checkpoint(training.checkpoint, training.identity, network, optimiser, schedule)
    state = state or State()
    while state.epoch < recipe.epochs and not _out_of_patience(state, recipe, len(validation)):
        start, epoch = time.monotonic(), state.epoch + 1
        rate = schedule.get_last_lr()[0]
        train_loss = _train_epoch(network, scans, training, epoch, steps, optimiser, schedule, state)
        if not math.isfinite(train_loss):
            raise _diverged(epoch)
        loss, accuracy = _validate(network, scans, validation, recipe.batch_size)
        _log_epoch(epoch, recipe.epochs, train_loss, loss, accuracy, time.monotonic() - start)
        if len(validation) and not math.isfinite(loss):
            raise _diverged(epoch)
        state.epoch = epoch
        state.history.append([epoch, rate, train_loss, loss, accuracy])
        if recipe.epoch_selection == "last" or not len(validation) or loss < state.lowest:
            state.kept, state.lowest = epoch, loss
            state.kept_weights = {name: value.detach().clone() for name, value in network.state_dict().items()}
        if training.checkpoint is not None:
            save_checkpoint(training.checkpoint, training.identity, state, network, optimiser, schedule)
        training.report(_history(state))
    network.load_state_dict(state.kept_weights)
    return state.kept, _history(state)


def predict_scores(network: nn.Module, scans: Scans, rows: np.ndarray, batch_size: int) -> np.ndarray:
    """(n_rows,) float64 evidence for disease: logit of disease minus logit of control. Above 0 predicts disease."""
    network.eval()
    scores, parts = [np.empty(0)], 1
    for start in range(0, len(rows), batch_size):
        work = partial(_predict, network, scans, rows[start : start + batch_size])
        found, parts = run_in_pieces(work, parts, batch_size, "predict", scans.device)
        scores.append(found)
    return np.concatenate(scores)


def _predict(network: nn.Module, scans: Scans, rows: np.ndarray, parts: int) -> np.ndarray:
    """(n_rows,) float64, as predict_scores, of one batch in some pieces."""
    with torch.inference_mode():
        pieces = np.array_split(rows, min(parts, len(rows)))
        logits = torch.cat([network(scans.batch(piece)[0]) for piece in pieces])
        return (logits[:, 1] - logits[:, 0]).double().cpu().numpy()


def _schedule(optimiser: torch.optim.Optimizer, recipe: Recipe, steps: int) -> LRScheduler:
    if recipe.schedule == "constant":
        return ConstantLR(optimiser, factor=1.0, total_iters=0)
    return OneCycleLR(optimiser, recipe.learning_rate, total_steps=recipe.epochs * steps)


def _out_of_patience(state: State, recipe: Recipe, n_validation: int) -> bool:
    if recipe.patience is None or not n_validation:
        return False
    losses = [row[HISTORY.index("validation_loss")] for row in state.history]
    return bool(losses) and len(losses) - 1 - int(np.argmin(losses)) >= recipe.patience


def _train_epoch(network, scans, training, epoch, steps, optimiser, schedule, state) -> float:
    """Mean loss over the steps of one epoch, whose randomness comes from the seed and the epoch's number alone."""
    recipe, seed = training.recipe, make_seed(training.seed, epoch)
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    network.train()
    # Batches of nearly equal size: a rest of one scan would give BatchNorm nothing to average.
    batches = np.array_split(np.random.default_rng(seed).permutation(training.train), steps)

    def load(rows: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
        return scans.batch(rows, recipe.augmentation, generator)

    losses = []
    for images, labels in (one_ahead if scans.device.type == "cuda" else map)(load, batches):
        losses.append(_step(network, images, labels, optimiser, recipe.precision, state))
        schedule.step()
    return float(np.mean(losses))


def _step(network, images, labels, optimiser, precision: str, state: State) -> float:
    """One step of the optimiser on a batch, in state.parts pieces; more and smaller ones once memory has run out."""

    def step(parts: int) -> float:
        optimiser.zero_grad()
        loss = 0.0
        for some_images, some_labels in zip(images.tensor_split(parts), labels.tensor_split(parts), strict=True):
            with _precision(precision, images.device):
                logits = network(some_images)
            part = cross_entropy(logits.float(), some_labels, reduction="sum") / len(labels)
            part.backward()
            loss += part.item()
        optimiser.step()
        return loss

    loss, parts = run_in_pieces(step, min(state.parts, len(labels)), len(labels), "train on", images.device)
    if parts > state.parts:
        log.warning("gradients of the pieces are added up; BatchNorm normalises one piece at a time")
        state.parts = parts
    return loss


def _precision(setting: str, device: torch.device) -> torch.autocast:
    half = setting == "bf16" or (setting == "auto" and device.type == "cuda")
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=half)


def _validate(network: nn.Module, scans: Scans, rows: np.ndarray, batch_size: int) -> tuple[float, float]:
    """Cross-entropy and balanced accuracy; NaN without subjects."""
    if not len(rows):
        return math.nan, math.nan
    scores, labels = predict_scores(network, scans, rows, batch_size), scans.labels[rows]
    sensitivity, specificity = hit_rates((scores > 0) == labels, labels, np.ones((1, len(labels))))
    return compute_cross_entropy(scores, labels), float((sensitivity[0] + specificity[0]) / 2)


def _history(state: State) -> pd.DataFrame:
    table = pd.DataFrame(state.history, columns=HISTORY)
    return table.assign(kept=np.where(table["epoch"] == state.kept, "true", "false"))


def _log_epoch(epoch: int, epochs: int, train_loss: float, loss: float, accuracy: float, seconds: float) -> None:
    words = "epoch %d/%d: train loss %.4f, validation loss %.4f, balanced accuracy %.2f, %.1f s, at most %.0f s left"
    log.info(words, epoch, epochs, train_loss, loss, accuracy, seconds, seconds * (epochs - epoch))


def _diverged(epoch: int) -> UserError:
    return UserError(f"training diverged in epoch {epoch}; lower classify.cnn.learning_rate")
