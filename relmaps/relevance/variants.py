"""One heatmap method's group map under every choice of target, pooling, normalisation and order, in one file."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

CHOICES = ("target", "pooling", "normalisation", "order")
# mean_first: the sign is dealt with on the group map; sign_first: on each subject's map, before it is averaged.
RECTIFIED = {"mean_first": ("signed",), "sign_first": ("abs", "positive")}


@dataclass(frozen=True, eq=False)
class Variant:
    """values : (n_voxels,) float32. rectify : what was done to subjects' maps, which fits one sign of the multiverse
    only
    where the order is sign_first."""

    target: str
    pooling: str
    normalisation: str
    order: str
    rectify: str
    values: np.ndarray

    def fits(self, sign: str) -> bool:
        return self.order == "mean_first" or self.rectify == sign


def write_variants(path: str | Path, choices: list[tuple[str, ...]], maps: np.ndarray) -> None:
    """choices : (target, pooling, normalisation, order, rectify) of each. maps : (n_variants, n_voxels) float32."""
    with open(path, "wb") as file:
        np.savez(file, choices=np.array(choices), maps=maps)


def read_variants(path: str | Path) -> Iterator[Variant]:
    with np.load(path, allow_pickle=False) as file:
        for choice, values in zip(file["choices"].tolist(), file["maps"], strict=True):
            target, pooling, normalisation, order, rectify = choice
            yield Variant(target, pooling, normalisation, order, rectify, values)
