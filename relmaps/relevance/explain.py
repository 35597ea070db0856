"""Heatmaps of held-out subjects: each subject's true-class logit, explained by networks that never saw the subject."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from relmaps.classify.networks import build_network
from relmaps.classify.weights import Classifier
from relmaps.errors import UserError
from relmaps.jobs import progress
from relmaps.relevance.methods.method import Method
from relmaps.relevance.targets import coefficients_of

# Scans are explained together as long as their voxels do not exceed this number: what fits a processor's cache is
# twice as fast as sixteen scans of 4 mm at once.
BATCH_VOXELS = 500_000
# Seeds of untrained networks lie apart from those of trained ones.
UNTRAINED_SEED = 1000


@dataclass(frozen=True, eq=False)
class Heatmaps:
    """Maps of a fold's held-out subjects, means over seeds.

    maps : (n, n_voxels) float32 in the brain mask. score : (n,) logit of disease minus logit of control.
    completeness_error : (n,) |sum of the map - what it should be| / |what it should be|; NaN where the method has none.
    """

    maps: np.ndarray
    score: np.ndarray
    completeness_error: np.ndarray


def held_out(splits: pd.DataFrame, fold: str, participants: pd.Series) -> np.ndarray:
    """Rows of the participants in the test part of a fold.

    Raises UserError if one of them also trained or validated the fold's networks: its map would not be held out.
    """
    part = splits[splits["fold"] == fold]
    tested = set(part.loc[part["role"] == "test", "participant_id"])
    leaked = tested & set(part.loc[part["role"] != "test", "participant_id"])
    if leaked:
        raise UserError(
            f"splits.tsv: {', '.join(sorted(leaked))} is both tested and trained on in fold {fold}; "
            "delete the classify stage's results and rerun it"
        )
    return np.flatnonzero(participants.isin(tested))


def untrained_copy(classifier: Classifier, seed: int) -> Classifier:
    """A network of the same architecture with random weights, behind the same scaling of its input."""
    network = build_network(classifier.metadata["architecture"], classifier.metadata["grid_shape"], seed).eval()
    return Classifier(network, classifier.scaling, classifier.metadata)


def explain_subjects(
    classifiers: list[Classifier],
    images: np.ndarray,
    rows: np.ndarray,
    labels: np.ndarray,
    brain: np.ndarray,
    method: Method,
    target: str,
    device: torch.device,
) -> Heatmaps:
    """Explain some subjects of the cohort with each classifier, and average.

    classifiers : one per seed. images : (n_subjects, nx, ny, nz) float32, may be memory-mapped; only `rows` are read.
    rows : (n,) indices. labels : (n,) 0 or 1. target : what is explained, key of TARGETS.
    brain : (nx, ny, nz) bool.
    """
    maps = np.zeros((len(rows), np.count_nonzero(brain)), dtype=np.float32)
    score, error = np.zeros(len(rows)), np.zeros(len(rows))
    for classifier in classifiers:
        network = classifier.network.requires_grad_(False).to(device)
        for done in _batches(len(rows), brain.size, f"seed {classifier.metadata['seed']}"):
            x = torch.from_numpy(classifier.scaling.apply(images[rows[done]])[:, None]).to(device)
            coefficients = torch.from_numpy(coefficients_of(target, labels[done])).to(device)
            heat = method.explain(network, x, coefficients)
            with torch.no_grad():
                logits = network(x)
            maps[done] += heat.cpu().numpy()[:, brain] / len(classifiers)
            score[done] += (logits[:, 1] - logits[:, 0]).cpu().numpy() / len(classifiers)
            error[done] += _completeness_error(method, network, x, coefficients, heat) / len(classifiers)
    return Heatmaps(maps, score, error)


def _completeness_error(
    method: Method, network: nn.Module, x: Tensor, coefficients: Tensor, heat: Tensor
) -> np.ndarray:
    """(n,) relative to what the map should sum to."""
    expected = method.expected_sum(network, x, coefficients)
    if expected is None:
        return np.full(len(x), np.nan)
    total = heat.flatten(1).sum(dim=1, dtype=torch.float64)
    expected = expected.double()
    return ((total - expected).abs() / expected.abs()).cpu().numpy()


def _batches(n: int, voxels: int, what: str) -> Iterator[slice]:
    size = max(1, BATCH_VOXELS // voxels)
    batches = [slice(start, min(start + size, n)) for start in range(0, n, size)]
    return progress(batches, f"{what}, {min(size, n)} of {n} subjects at a time, batch")
