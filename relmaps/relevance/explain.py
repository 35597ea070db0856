"""Heatmaps of held-out subjects, explained by networks that never saw the subject, a few scans at a time."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, partial

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from relmaps.classify.memory import run_in_pieces
from relmaps.classify.networks import build_network, memory_format
from relmaps.classify.weights import Classifier
from relmaps.io.jobs import progress
from relmaps.io.resources import EXPLAINING_COPIES, VOXELS_AT_ONCE
from relmaps.relevance.fold_maps import Explained
from relmaps.relevance.methods.method import Context, Method
from relmaps.relevance.targets import make_coefficients
from relmaps.space.grid import Grid

# Seeds of untrained networks lie apart from those of trained ones.
UNTRAINED_SEED = 1000


@dataclass(frozen=True, eq=False)
class Cohort:
    """The scans that networks explain.

    images : (n_subjects, nx, ny, nz) float32, may be memory-mapped; only the rows explained are read. labels :
    (n_subjects,) 0 or 1. controls : rows of the training controls of the fold. grid : the study's. brain :
    (nx, ny, nz) bool.
    """

    images: np.ndarray
    labels: np.ndarray
    controls: np.ndarray
    grid: Grid
    brain: np.ndarray

    def scaled(self, rows: np.ndarray, classifier: Classifier, device: torch.device) -> Tensor:
        """(n, 1, nx, ny, nz) as the classifier's network sees these subjects."""
        return torch.from_numpy(classifier.scaling.apply(self.images[rows])[:, None]).to(device)

    def context(self, classifier: Classifier, device: torch.device, at_once: int, seed: int) -> Context:
        def draw(n: int, seed: int) -> Tensor:
            return self.scaled(np.random.default_rng(seed).choice(self.controls, n), classifier, device)

        return Context(self.grid, self.brain, draw, at_once, seed)


def training_controls(splits: pd.DataFrame, fold: str, subjects: pd.DataFrame) -> np.ndarray:
    """Rows of the controls in a fold's training part; of all controls where there is none, as in applied studies."""
    controls = subjects["label"] == 0
    trained = splits.loc[(splits["fold"] == fold) & (splits["role"] == "train"), "participant_id"]
    if len(trained):
        controls &= subjects["participant_id"].isin(trained)
    return np.flatnonzero(controls)


def untrained_copy(classifier: Classifier, seed: int) -> Classifier:
    """A network of the same architecture with random weights, behind the same scaling of its input."""
    network = build_network(classifier.metadata["architecture"], classifier.metadata["grid_shape"], seed).eval()
    return Classifier(network, classifier.scaling, classifier.metadata)


def to_explain(network: nn.Module, device: torch.device) -> nn.Module:
    """The network itself, on the device, its parameters without gradients and laid out in memory for speed."""
    return network.requires_grad_(False).to(device, memory_format=memory_format(network))


def images_at_once(network: nn.Module, voxels: int, device: torch.device) -> int:
    """How many scans may go through the network together: by cache on a CPU, by free memory on a GPU."""
    if device.type != "cuda":
        return max(1, VOXELS_AT_ONCE // voxels)
    channels = next(layer.out_channels for layer in network.layers if isinstance(layer, nn.Conv3d))
    free, _ = torch.cuda.mem_get_info(device)
    return max(1, int(0.6 * free / (4 * EXPLAINING_COPIES * channels * voxels)))


def explain_subjects(
    classifiers: list[Classifier],
    cohort: Cohort,
    rows: np.ndarray,
    method: Method,
    targets: list[str],
    device: torch.device,
    seed: int = 0,
) -> Iterator[Explained]:
    """Explain some subjects of the cohort with each classifier, one batch after the other.

    classifiers : one per seed. rows : (n,) indices. targets : what is explained, keys of TARGETS. seed : of methods
    that draw at random. A batch for which memory does not suffice is explained in smaller ones, and so are those after
    it; UserError if memory does not even hold one scan.
    """
    networks = [to_explain(classifier.network, device) for classifier in classifiers]
    at_once, parts = images_at_once(networks[0], cohort.brain.size, device), 1

    @cache
    def prepare(at_once: int) -> list[Method]:
        return [method.prepared(cohort.context(classifier, device, at_once, seed)) for classifier in classifiers]

    def explain(place: slice, parts: int) -> list[Explained]:
        size = -(-at_once // parts)  # of a piece, and of what a method puts through the network together
        starts = range(place.start, place.stop, size)
        pieces = [slice(start, min(start + size, place.stop)) for start in starts]
        return [_explain_batch(classifiers, prepare(size), cohort, rows, piece, targets, device) for piece in pieces]

    for place in _batches(len(rows), at_once):
        explained, parts = run_in_pieces(partial(explain, place), parts, at_once, "explain", device)
        yield from explained


def _explain_batch(
    classifiers: list[Classifier],
    methods: list[Method],
    cohort: Cohort,
    rows: np.ndarray,
    place: slice,
    targets: list[str],
    device: torch.device,
) -> Explained:
    """Explain the subjects at one place of the rows together, by the method prepared for each classifier."""
    labels = cohort.labels[rows[place]]
    coefficients = [torch.from_numpy(make_coefficients(target, labels)).to(device) for target in targets]
    parts = []
    for classifier, ready in zip(classifiers, methods, strict=True):
        x = cohort.scaled(rows[place], classifier, device)
        with torch.no_grad():
            logits = classifier.network(x)
        of_targets = [_explain(ready, classifier.network, x, wanted, cohort.brain) for wanted in coefficients]
        score = (logits[:, 1] - logits[:, 0]).cpu().numpy()
        parts.append((*map(np.array, zip(*of_targets, strict=True)), score))
    maps, error, outside, score = map(np.array, zip(*parts, strict=True))
    return Explained(place, maps, score, error, outside)


def _explain(
    method: Method, network: nn.Module, x: Tensor, coefficients: Tensor, brain: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Maps in the brain, completeness errors, and shares outside the brain, of one target and network."""
    heat = method.explain(network, x, coefficients)
    expected = method.expected_sum(network, x, coefficients)
    error = np.full(len(x), np.nan)
    if expected is not None:
        expected = expected.double()
        total = heat.flatten(1).sum(dim=1, dtype=torch.float64)
        error = ((total - expected).abs() / expected.abs()).cpu().numpy()
    heat = heat.cpu().numpy()
    inside = heat[:, brain]
    sums = np.abs(heat).sum(axis=(1, 2, 3), dtype=np.float64)
    outside = 1 - np.abs(inside).sum(axis=1, dtype=np.float64) / np.where(sums > 0, sums, np.nan)
    return inside, error, np.maximum(outside, 0)


def _batches(n: int, size: int) -> Iterator[slice]:
    batches = [slice(start, min(start + size, n)) for start in range(0, n, size)]
    return progress(batches, f"{min(size, n)} of {n} subjects at a time, batch")
