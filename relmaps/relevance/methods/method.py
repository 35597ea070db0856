"""What a heatmap method is, and what it may know beside the network and the scan."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from torch import Tensor, nn

from relmaps.space.grid import Grid


@dataclass(frozen=True, eq=False)
class Context:
    """The surroundings of a fold's explanations.

    grid : the study's. brain : (nx, ny, nz) bool.
    controls : n, seed -> (n, 1, nx, ny, nz) scaled scans, drawn from the fold's training controls with replacement.
    images_at_once : how many scans may go through the network together: memory on a GPU, cache on a CPU.
    seed : of everything random.
    """

    grid: Grid
    brain: np.ndarray
    controls: Callable[[int, int], Tensor]
    images_at_once: int = 1
    seed: int = 0


class Method(ABC):
    """A heatmap method.

    The explained value of a scan is the sum of its logits times `coefficients` (relmaps.relevance.targets). Networks
    are in evaluation mode, have their layers as one flat nn.Sequential in `network.layers`, and parameters without
    gradients. A scan's map depends on that scan alone, not on those explained with it.
    """

    def prepared(self, context: Context) -> "Method":
        """The method for a fold; those that need nothing of the fold are ready as they are."""
        return self

    @abstractmethod
    def explain(self, network: nn.Module, x: Tensor, coefficients: Tensor) -> Tensor:
        """(n, nx, ny, nz) float32 maps of x (n, 1, nx, ny, nz) scaled scans; coefficients (n, 2) float32."""

    def expected_sum(self, network: nn.Module, x: Tensor, coefficients: Tensor) -> Tensor | None:
        """(n,) what the map of a scan sums to if the method keeps its promise; None if it makes none."""
        return None


def explained_value(network: nn.Module, x: Tensor, coefficients: Tensor) -> Tensor:
    """(n,) the value whose evidence a map shows."""
    return (network(x) * coefficients).sum(dim=1)
