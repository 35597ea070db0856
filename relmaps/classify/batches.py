"""Batches of scans from one memory-mapped array: no file is opened and nothing is decompressed while training."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from relmaps.classify.augmentation import Augmentation, augment
from relmaps.classify.scaling import Scaling


@dataclass(frozen=True, eq=False)
class Scans:
    """The cohort as a network sees it.

    images : (n_subjects, nx, ny, nz) float32, may be memory-mapped. scaling : fitted on the training part.
    labels : (n_subjects,) 0 control, 1 disease. brain : (nx, ny, nz) bool. device : where batches go; scaling and
    augmentation run there.
    """

    images: np.ndarray
    scaling: Scaling
    labels: np.ndarray
    brain: np.ndarray
    device: torch.device

    def batch(
        self, rows: np.ndarray, augmentation: Augmentation | None = None, generator: torch.Generator | None = None
    ) -> tuple[Tensor, Tensor]:
        """Scaled images (n, 1, nx, ny, nz) and labels (n,) of some subjects, varied if an augmentation is given."""
        images = torch.from_numpy(np.asarray(self.images[rows], dtype=np.float32)[:, None]).to(self.device)
        if augmentation is not None:
            images = augment(images, self._brain, augmentation, generator)
        mean, scale = self._scaling
        return (images - mean) / scale, torch.from_numpy(self.labels[rows]).long().to(self.device)

    @cached_property
    def _scaling(self) -> tuple[Tensor, Tensor]:
        return tuple(torch.from_numpy(part).to(self.device) for part in (self.scaling.mean, self.scaling.scale))

    @cached_property
    def _brain(self) -> Tensor:
        return torch.from_numpy(self.brain).to(self.device)


def one_ahead(load: Callable, items: Iterable) -> Iterator:
    """load(item) of each item in turn, the next one in a thread while the caller works on this one.

    The calls follow each other in order, so that a random generator behind them gives what it would without the thread.
    """
    with ThreadPoolExecutor(1) as pool:
        coming = None
        for item in items:
            following = pool.submit(load, item)
            if coming is not None:
                yield coming.result()
            coming = following
        if coming is not None:
            yield coming.result()
