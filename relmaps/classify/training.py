"""The training loop: plain PyTorch over one memory-mapped array, the same bytes for the same seed on the CPU."""

import copy
import logging
import math
import time
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from sklearn.metrics import balanced_accuracy_score
from torch import nn
from torch.nn.functional import cross_entropy

from relmaps.classify.predictions import cross_entropy_of
from relmaps.classify.scaling import Scaling
from relmaps.errors import UserError

log = logging.getLogger("relmaps")


@dataclass(frozen=True)
class Recipe:
    """How a network is trained; the keys of classify.cnn.

    epoch_selection : validation keeps the epoch with the lowest validation loss, last the last one.
    learning_rate : peak of the one-cycle schedule (Smith & Topin 2018). weight_decay : decoupled, as in AdamW.
    """

    epochs: int
    epoch_selection: str
    batch_size: int
    learning_rate: float
    weight_decay: float


@dataclass(frozen=True, eq=False)
class Scans:
    """The cohort as a network sees it.

    images : (n_subjects, nx, ny, nz) float32, may be memory-mapped. scaling : fitted on the training part.
    labels : (n_subjects,) 0 control, 1 disease. device : where batches go.
    """

    images: np.ndarray
    scaling: Scaling
    labels: np.ndarray
    device: torch.device

    def batch(self, rows: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
        """Scaled images (n, 1, nx, ny, nz) and labels (n,) of some subjects."""
        images = torch.from_numpy(self.scaling.apply(self.images[rows])[:, None])
        return images.to(self.device), torch.from_numpy(self.labels[rows]).long().to(self.device)


def seed_of(*parts: int) -> int:
    """One seed out of several numbers (study, fold, training), without the collisions of a sum."""
    return int(np.random.SeedSequence(parts).generate_state(1)[0])


def train_network(
    network: nn.Module, scans: Scans, train: np.ndarray, validation: np.ndarray, recipe: Recipe, seed: int
) -> tuple[int, pd.DataFrame]:
    """Train in place with cross-entropy and AdamW, and leave the network with the weights of the epoch that is kept.

    train, validation : rows of `scans`; validation may be empty, then the last epoch is kept. seed : of the order of
    scans and of dropout.
    Returns the epoch kept (from 1) and the history: epoch, learning_rate, train_loss (mean over the epoch's steps),
    validation_loss, validation_balanced_accuracy, kept (true | false). Raises UserError if the loss is not finite.
    """
    torch.manual_seed(seed)
    order = np.random.default_rng(seed)
    steps = math.ceil(len(train) / recipe.batch_size)
    optimiser = torch.optim.AdamW(network.parameters(), recipe.learning_rate, weight_decay=recipe.weight_decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, recipe.learning_rate, total_steps=recipe.epochs * steps)
    network.to(scans.device)
    history, kept, kept_state, lowest = [], 0, {}, math.inf
    for epoch in range(1, recipe.epochs + 1):
        start = time.monotonic()
        # Batches of nearly equal size: a rest of one scan would give BatchNorm nothing to average.
        batches = np.array_split(order.permutation(train), steps)
        rate = schedule.get_last_lr()[0]
        train_loss = _train_epoch(network, scans, batches, optimiser, schedule)
        if not math.isfinite(train_loss):
            raise _diverged(epoch)
        loss, accuracy = _validate(network, scans, validation, recipe.batch_size)
        log.info(
            "epoch %d/%d: train loss %.4f, validation loss %.4f, balanced accuracy %.2f, %.1f s",
            epoch,
            recipe.epochs,
            train_loss,
            loss,
            accuracy,
            time.monotonic() - start,
        )
        if len(validation) and not math.isfinite(loss):
            raise _diverged(epoch)
        history.append((epoch, rate, train_loss, loss, accuracy))
        if recipe.epoch_selection == "last" or not len(validation) or loss < lowest:
            kept, kept_state, lowest = epoch, copy.deepcopy(network.state_dict()), loss
    network.load_state_dict(kept_state)
    names = ["epoch", "learning_rate", "train_loss", "validation_loss", "validation_balanced_accuracy"]
    table = pd.DataFrame(history, columns=names)
    return kept, table.assign(kept=np.where(table["epoch"] == kept, "true", "false"))


def predict_scores(network: nn.Module, scans: Scans, rows: np.ndarray, batch_size: int) -> np.ndarray:
    """(n_rows,) float64 evidence for disease: logit of disease minus logit of control. Above 0 predicts disease."""
    network.eval()
    scores = []
    with torch.inference_mode():
        for start in range(0, len(rows), batch_size):
            images, _ = scans.batch(rows[start : start + batch_size])
            logits = network(images)
            scores.append((logits[:, 1] - logits[:, 0]).double().cpu().numpy())
    return np.concatenate(scores) if scores else np.empty(0)


def _train_epoch(network, scans: Scans, batches: list[np.ndarray], optimiser, schedule) -> float:
    network.train()
    losses = []
    for rows in batches:
        images, labels = scans.batch(rows)
        loss = cross_entropy(network(images), labels)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        losses.append(loss.item())
    return float(np.mean(losses))


def _validate(network: nn.Module, scans: Scans, rows: np.ndarray, batch_size: int) -> tuple[float, float]:
    """Cross-entropy and balanced accuracy; NaN without subjects."""
    if not len(rows):
        return math.nan, math.nan
    scores, labels = predict_scores(network, scans, rows, batch_size), scans.labels[rows]
    return cross_entropy_of(scores, labels), float(balanced_accuracy_score(labels, scores > 0))


def _diverged(epoch: int) -> UserError:
    return UserError(f"training diverged in epoch {epoch}; lower classify.cnn.learning_rate")
