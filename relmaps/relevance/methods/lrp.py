"""Layer-wise relevance propagation (LRP) for stacks of 3D convolutions: Bach et al. 2015, PLoS ONE 10:e0130140.

Relevance starts as the explained value and is handed down layer by layer, by the rules of lrp_rules. A max-pool gives
all to the winner; ReLU, dropout and flattening pass relevance on as it is. So does batch normalisation in the paper;
here it is merged into the convolution before it, which is the same function, unless told otherwise.
"""

# DEVIATES: the paper passes relevance through BatchNorm unchanged (docs/decisions/0005-relevance.md).

from abc import abstractmethod
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn.functional import max_pool3d

from relmaps.relevance.methods.lrp_rules import AlphaBeta, Box, Epsilon, Gamma, Rule
from relmaps.relevance.methods.method import Method, explained_value

Step = Callable[[Tensor], Tensor]  # relevance of a layer's output -> that of its input


@dataclass(frozen=True, kw_only=True)
class LayerwiseRelevance(Method):
    """Relevance of each voxel for the explained value; which rule a layer follows is the subclass's matter.

    epsilon : stabiliser of the denominators, in units of a neuron's input. batchnorm : merged, or identity as in the
    paper. explain raises TypeError for a kind of layer without a rule.
    """

    epsilon: float
    batchnorm: str = "merged"

    def __post_init__(self):
        if self.batchnorm not in ("merged", "identity"):
            raise ValueError(f"batchnorm {self.batchnorm} is not one of merged, identity")

    @abstractmethod
    def rule(self, layer: nn.Module, first: bool) -> Rule:
        """Of a Conv3d, Linear or AvgPool3d; first : whether no convolution comes before it."""

    def explain(self, network: nn.Module, x: Tensor, coefficients: Tensor) -> Tensor:
        layers = merge_batchnorm(network.layers) if self.batchnorm == "merged" else network.layers
        steps, first, nonnegative = [], True, bool(x.min() >= 0)
        with torch.no_grad():
            value = x
            for layer in map(_channels_last, layers):
                value, step = self._walk(layer, value, first, nonnegative)
                steps.append(step)
                first = first and not isinstance(layer, nn.Conv3d)
                nonnegative = _keeps_nonnegative(layer, nonnegative)
            relevance = value * coefficients
            while steps:  # each holds its layer's input until it is used
                relevance = steps.pop()(relevance)
        return relevance[:, 0]

    def expected_sum(self, network: nn.Module, x: Tensor, coefficients: Tensor) -> Tensor:
        """The explained value, up to what biases, epsilon and neurons without contributions take."""
        with torch.no_grad():
            return explained_value(network, x, coefficients)

    def _walk(self, layer: nn.Module, x: Tensor, first: bool, nonnegative: bool) -> tuple[Tensor, Step]:
        match layer:
            case nn.ReLU() | nn.Dropout() | nn.BatchNorm3d():
                return layer(x), _unchanged
            case nn.Flatten():
                return layer(x), partial(_unflattened, x.shape)
            case nn.MaxPool3d():
                return _through_max_pool(layer, x)
            case nn.AvgPool3d() if nonnegative:  # no weight is negative either, so all rules share alike
                return layer(x), partial(Epsilon(self.epsilon).propagate, layer, x, True)
            case nn.Conv3d() | nn.Linear() | nn.AvgPool3d():
                return layer(x), partial(self.rule(layer, first).propagate, layer, x, nonnegative)
        raise TypeError(f"LRP: no rule for a layer of type {type(layer).__name__}")


@dataclass(frozen=True, kw_only=True)
class Lrp(LayerwiseRelevance):
    """AlphaBeta everywhere. beta : weight of the negative contributions; alpha = 1 + beta."""

    beta: float

    def rule(self, layer: nn.Module, first: bool) -> Rule:
        return AlphaBeta(self.beta, self.epsilon)


@dataclass(frozen=True, kw_only=True)
class LrpEpsilon(LayerwiseRelevance):
    """Epsilon everywhere. Of networks of these layers, it is the gradient times the input as epsilon goes to zero."""

    def rule(self, layer: nn.Module, first: bool) -> Rule:
        return Epsilon(self.epsilon)


@dataclass(frozen=True, kw_only=True)
class LrpGamma(LayerwiseRelevance):
    """Gamma everywhere. gamma : by how much contributions of a neuron's own sign are favoured."""

    gamma: float

    def rule(self, layer: nn.Module, first: bool) -> Rule:
        return Gamma(self.gamma, self.epsilon)


@dataclass(frozen=True, kw_only=True)
class LrpComposite(LayerwiseRelevance):
    """Epsilon for dense layers, Gamma for convolutions, Box for the first one, which sees the scan.

    After Montavon et al. 2019 (LNCS 11700:193), Section 10.3: rules by the height of a layer.
    """

    gamma: float

    def rule(self, layer: nn.Module, first: bool) -> Rule:
        if isinstance(layer, nn.Linear):
            return Epsilon(self.epsilon)
        return Box(self.epsilon) if first and isinstance(layer, nn.Conv3d) else Gamma(self.gamma, self.epsilon)


def merge_batchnorm(layers: nn.Sequential) -> list[nn.Module]:
    """The same function in evaluation mode, with each BatchNorm3d folded into the Conv3d before it."""
    merged = []
    for layer in layers:
        if not isinstance(layer, nn.BatchNorm3d):
            merged.append(layer)
        elif merged and isinstance(merged[-1], nn.Conv3d):
            merged[-1] = nn.utils.fuse_conv_bn_eval(merged[-1], layer)
        else:
            raise TypeError("LRP: a BatchNorm3d must follow a Conv3d, into which it is merged")
    return merged


def _channels_last(layer: nn.Module) -> nn.Module:
    """On a CPU, convolutions and their pools are faster so, and need no copies in a format of their own."""
    if isinstance(layer, nn.Conv3d):
        return deepcopy(layer).to(memory_format=torch.channels_last_3d)
    return layer


def _keeps_nonnegative(layer: nn.Module, nonnegative: bool) -> bool:
    """Whether the layer's output cannot be negative; nonnegative : whether its input cannot."""
    if isinstance(layer, nn.ReLU):
        return True
    return nonnegative and not isinstance(layer, nn.Conv3d | nn.Linear | nn.BatchNorm3d)


def _unchanged(relevance: Tensor) -> Tensor:
    return relevance


def _unflattened(shape: torch.Size, relevance: Tensor) -> Tensor:
    return relevance.reshape(shape)


def _through_max_pool(pool: nn.MaxPool3d, x: Tensor) -> tuple[Tensor, Step]:
    """A voxel gets the relevance of every window in which it is the largest; of equals, the first."""
    value, winners = max_pool3d(
        x, pool.kernel_size, pool.stride, pool.padding, pool.dilation, pool.ceil_mode, return_indices=True
    )
    shape, stride = x.size(), x.stride()

    def to_winners(relevance: Tensor) -> Tensor:
        handed = relevance.new_empty_strided(shape, stride).zero_()
        handed.flatten(2).scatter_add_(2, winners.flatten(2), relevance.flatten(2))
        return handed

    return value, to_winners
