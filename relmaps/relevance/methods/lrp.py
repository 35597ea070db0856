"""Layer-wise relevance propagation with the alpha-beta rule, for stacks of 3D convolutions.

Bach et al. 2015 (PLoS ONE 10:e0130140), Eq. 60, with alpha = 1 + beta as in Böhle et al. 2019 (Front Aging Neurosci
11:194). Relevance starts as the logit of the explained class and is handed down layer by layer. Neuron j, with
contributions z_ij = x_i w_ij, gives its relevance R_j to its inputs as

    R_i = sum_j [ alpha z_ij⁺ / (z_j⁺ + epsilon) - beta z_ij⁻ / (z_j⁻ - epsilon) ] R_j,    z_j± = sum_i z_ij±

Biases stay out of the denominators, so nothing is lost to them. Batch normalisation is merged into the convolution
before it, a max-pool gives all to the winner, an average-pool is a convolution with equal weights; ReLU, dropout and
flattening pass relevance through.

A neuron whose contributions have one sign only gives them exactly its relevance: alpha R_j or -beta R_j, as the rule
reads there, would make relevance from nothing or turn it round.
"""

# DEVIATES: the paper passes relevance through BatchNorm unchanged, and leaves alpha and beta as they are for neurons
# with contributions of one sign (docs/decisions, LRP).

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn.functional import conv3d, linear, max_pool3d

from relmaps.relevance.methods.method import Method, explained_value

LinearMap = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Lrp(Method):
    """Relevance of each voxel for the explained value.

    beta : weight of the negative contributions; alpha = 1 + beta. epsilon : stabiliser, and size below which a neuron's
    positive or negative contributions count as none. explain raises TypeError for a kind of layer without a rule.
    """

    beta: float
    epsilon: float

    def explain(self, network: nn.Module, x: Tensor, coefficients: Tensor) -> Tensor:
        layers = merge_batchnorm(network.layers)
        with torch.no_grad():
            inputs = [x]
            for layer in layers:
                inputs.append(layer(inputs[-1]))
        relevance = inputs.pop() * coefficients
        nonnegative = _nonnegative_inputs(layers)
        for layer in reversed(layers):
            relevance = _hand_down(layer, inputs.pop(), relevance, nonnegative.pop(), self.beta, self.epsilon)
        return relevance[:, 0]

    def expected_sum(self, network: nn.Module, x: Tensor, coefficients: Tensor) -> Tensor:
        """The explained value, up to epsilon and neurons without any contribution."""
        with torch.no_grad():
            return explained_value(network, x, coefficients)


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


def _nonnegative_inputs(layers: list[nn.Module]) -> list[bool]:
    """For each layer, whether its input cannot be negative whatever the scan is. Scans are z-scored, so signed."""
    flags, nonnegative = [], False
    for layer in layers:
        flags.append(nonnegative)
        nonnegative = isinstance(layer, nn.ReLU) or (nonnegative and not isinstance(layer, nn.Conv3d | nn.Linear))
    return flags


def _hand_down(
    layer: nn.Module, x: Tensor, relevance: Tensor, nonnegative: bool, beta: float, epsilon: float
) -> Tensor:
    """Relevance of a layer's input from that of its output."""
    match layer:
        case nn.ReLU() | nn.Dropout():
            return relevance
        case nn.Flatten():
            return relevance.reshape(x.shape)
        case nn.MaxPool3d():
            return _to_winners(layer, x, relevance)
        case nn.Conv3d() | nn.Linear() | nn.AvgPool3d():
            return _alpha_beta(*_signed_parts(layer), x, relevance, nonnegative, beta, epsilon)
    raise TypeError(f"LRP: no rule for a layer of type {type(layer).__name__}")


def _to_winners(pool: nn.MaxPool3d, x: Tensor, relevance: Tensor) -> Tensor:
    """A voxel gets the relevance of every window in which it is the largest; of equals, the first."""
    winners = max_pool3d(
        x, pool.kernel_size, pool.stride, pool.padding, pool.dilation, pool.ceil_mode, return_indices=True
    )[1]
    handed = torch.zeros_like(x).flatten(2)
    return handed.scatter_add_(2, winners.flatten(2), relevance.flatten(2)).view_as(x)


def _signed_parts(layer: nn.Conv3d | nn.Linear | nn.AvgPool3d) -> tuple[LinearMap, LinearMap]:
    """The layer without its bias: with its positive weights only, and with its negative weights only."""
    if isinstance(layer, nn.AvgPool3d):
        return layer, lambda x: 0 * layer(x)
    if isinstance(layer, nn.Linear):
        return tuple(partial(linear, weight=weight) for weight in _split(layer.weight))
    geometry = {"stride": layer.stride, "padding": layer.padding, "dilation": layer.dilation, "groups": layer.groups}
    return tuple(partial(conv3d, weight=weight, **geometry) for weight in _split(layer.weight))


def _split(values: Tensor) -> tuple[Tensor, Tensor]:
    values = values.detach()
    return values.clamp(min=0), values.clamp(max=0)


def _alpha_beta(
    positive: LinearMap,
    negative: LinearMap,
    x: Tensor,
    relevance: Tensor,
    nonnegative: bool,
    beta: float,
    epsilon: float,
) -> Tensor:
    """The rule of the module's docstring: two products with the weights where x is never negative, else four."""
    with torch.enable_grad():
        parts = [part.requires_grad_() for part in ([x.detach().clone()] if nonnegative else _split(x))]
        supporting = sum(product(part) for product, part in zip((positive, negative), parts, strict=False))
        opposing = sum(product(part) for product, part in zip((negative, positive), parts, strict=False))
    with torch.no_grad():
        supported, opposed = supporting > epsilon, opposing < -epsilon
        to_supporting = torch.where(opposed, 1 + beta, 1.0) * supported * relevance / (supporting + epsilon)
        to_opposing = torch.where(supported, -beta, 1.0) * opposed * relevance / (opposing - epsilon)
    # The vector-Jacobian product of a linear map is its transpose.
    handed = torch.autograd.grad([supporting, opposing], parts, [to_supporting, to_opposing])
    return sum(part.detach() * share for part, share in zip(parts, handed, strict=True))
