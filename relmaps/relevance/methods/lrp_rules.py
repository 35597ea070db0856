"""The rules of layer-wise relevance propagation, one class each: how a neuron shares its relevance among its inputs.

A neuron j of a convolution, a dense layer or an average-pool (a convolution with equal weights) adds up contributions
z_ij = x_i w_ij of its inputs and its bias b_j. Each rule says which part of its relevance R_j goes to input i;
R_i is the sum of these over j. ⁺ and ⁻ are positive and negative parts, z_j⁺ = sum_i z_ij⁺, z_j⁻ = sum_i z_ij⁻.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn.functional import conv3d, linear

LinearMap = Callable[[Tensor], Tensor]


class Rule(ABC):
    @abstractmethod
    def propagate(self, layer: nn.Module, x: Tensor, nonnegative: bool, relevance: Tensor) -> Tensor:
        """Relevance of a layer's input from that of its output.

        layer : Conv3d, Linear or AvgPool3d. x : (n, channels, ...) its input. nonnegative : whether x is known to have
        no negative value, which halves the work of rules that tell signs apart. relevance : in the shape of the output.
        """


@dataclass(frozen=True)
class AlphaBeta(Rule):
    """[(1 + beta) z_ij⁺ / (z_j⁺ + epsilon) - beta z_ij⁻ / (z_j⁻ - epsilon)] R_j.

    Bach et al. 2015 (PLoS ONE 10:e0130140), Eq. 60, with alpha = 1 + beta and without the bias, as Böhle et al. 2019
    (Front Aging Neurosci 11:194). As in their code, a neuron of which one part is missing, |z_j±| <= epsilon, gives
    exactly R_j to the other part: (1 + beta) R_j would be relevance from nothing, -beta R_j of the wrong sign. With
    beta = 0, negative contributions never get any.
    """

    beta: float
    epsilon: float

    def propagate(self, layer: nn.Module, x: Tensor, nonnegative: bool, relevance: Tensor) -> Tensor:
        return _by_sign(layer, x, nonnegative, partial(self._factors, relevance))

    def _factors(self, relevance: Tensor, supporting: Tensor, opposing: Tensor) -> None:
        supported, opposed = supporting > self.epsilon, opposing < -self.epsilon
        torch.div(relevance, supporting.add_(self.epsilon), out=supporting).mul_(supported)
        torch.div(relevance, opposing.sub_(self.epsilon), out=opposing).mul_(opposed)
        supporting.mul_(torch.where(opposed, 1 + self.beta, 1.0))
        opposing.mul_(torch.where(supported, -self.beta, float(self.beta > 0)))


@dataclass(frozen=True)
class Epsilon(Rule):
    """z_ij / (z_j + epsilon sign(z_j)) R_j with z_j = sum_i z_ij + b_j and sign(0) = 1: Bach et al. 2015, Eq. 58."""

    epsilon: float

    def propagate(self, layer: nn.Module, x: Tensor, nonnegative: bool, relevance: Tensor) -> Tensor:
        return _handed(layer, x, lambda z: torch.div(relevance, _stabilised(z, self.epsilon), out=z))


@dataclass(frozen=True)
class Gamma(Rule):
    """(z_ij + gamma z_ij^s) / (z_j + gamma z_j^s + epsilon s) R_j, where s is the sign of z_j = sum_i z_ij + b_j.

    z_j^s = sum_i z_ij^s + b_j^s: contributions of the neuron's own sign are favoured. Generalised to inputs of any sign
    by Andéol et al. 2021 (arXiv 2106.04923); for inputs >= 0 and z_j > 0 it is the rule of Montavon et al. 2019
    (LNCS 11700:193), Section 10.2.1.
    """

    gamma: float
    epsilon: float

    def propagate(self, layer: nn.Module, x: Tensor, nonnegative: bool, relevance: Tensor) -> Tensor:
        bias = getattr(layer, "bias", None)
        bias = relevance.new_zeros(1) if bias is None else bias.detach()
        bias = bias.view(-1, *[1] * (relevance.dim() - 2))
        return _by_sign(layer, x, nonnegative, partial(self._factors, relevance, bias))

    def _factors(self, relevance: Tensor, bias: Tensor, supporting: Tensor, opposing: Tensor) -> None:
        z = supporting + opposing + bias
        positive = z >= 0
        supporting.add_(bias.clamp(min=0))
        opposing.add_(bias.clamp(max=0))
        favoured = torch.where(positive, supporting, opposing).mul_(self.gamma)
        shares = torch.div(relevance, _stabilised(z.add_(favoured), self.epsilon), out=z)
        torch.mul(shares, torch.where(positive, 1 + self.gamma, 1.0), out=supporting)
        torch.mul(shares, torch.where(positive, 1.0, 1 + self.gamma), out=opposing)


@dataclass(frozen=True)
class Box(Rule):
    """(z_ij - l w_ij⁺ - h w_ij⁻) / (sum_i of the same + epsilon) R_j: the z^B rule, for inputs between l and h.

    Montavon et al. 2017 (Pattern Recognit 65:211), Section 4; Montavon et al. 2019, Section 10.3.2.
    """

    # ASSUME: l and h are the least and the greatest value of each scan; the box also holds zero, where it starts.
    epsilon: float

    def propagate(self, layer: nn.Module, x: Tensor, nonnegative: bool, relevance: Tensor) -> Tensor:
        axes = tuple(range(1, x.dim()))
        low, high = x.amin(axes, keepdim=True).clamp(max=0), x.amax(axes, keepdim=True).clamp(min=0)
        # z_ij - l w_ij⁺ - h w_ij⁻ = (x_i - l) w_ij⁺ + (x_i - h) w_ij⁻, of which neither is negative.
        parts, weight = torch.cat((x - low, x - high), dim=1), torch.cat(_parts(layer.weight.detach()), dim=1)
        product = _without_bias(layer, weight)
        return _summed(_handed(product, parts, lambda z: torch.div(relevance, z.add_(self.epsilon), out=z)))


def _by_sign(layer: nn.Module, x: Tensor, nonnegative: bool, factors: Callable[[Tensor, Tensor], None]) -> Tensor:
    """Sum over j of z_ij⁺ f_j⁺ + z_ij⁻ f_j⁻.

    factors : puts f⁺ and f⁻ in the place of z⁺ = x⁺ w⁺ + x⁻ w⁻ and z⁻ = x⁺ w⁻ + x⁻ w⁺.
    The four products, or two where x⁻ = 0, are made as one, with x⁺ and x⁻ as channels of its input and z⁺ and z⁻ as
    channels of its output: half as many channels would leave half of a vector unit idle.
    """
    if isinstance(layer, nn.AvgPool3d):
        nonnegative, product = False, layer
    else:
        positive, negative = _parts(layer.weight.detach())
        rows = ((positive,), (negative,)) if nonnegative else ((positive, negative), (negative, positive))
        product = _without_bias(layer, torch.cat([torch.cat(row, dim=1) for row in rows]))

    def in_place(z: Tensor) -> Tensor:
        factors(*z.chunk(2, dim=1))
        return z

    if nonnegative:
        return _handed(product, x, in_place)
    return _summed(_handed(product, torch.cat(_parts(x), dim=1), in_place))


def _handed(product: LinearMap, parts: Tensor, factors: Callable[[Tensor], Tensor]) -> Tensor:
    """parts times the transposed product of f = factors(product(parts)), in the shape of parts; f may overwrite its
    argument."""
    with torch.enable_grad():
        parts = parts.detach().requires_grad_()
        z = product(parts)
    # The vector-Jacobian product of a linear map is its transpose.
    transposed = torch.autograd.grad(z, parts, factors(z.detach()))[0]
    return transposed.mul_(parts.detach())


def _without_bias(layer: nn.Conv3d | nn.Linear, weight: Tensor) -> LinearMap:
    """The layer with other weights."""
    if isinstance(layer, nn.Linear):
        return partial(linear, weight=weight)
    if layer.groups > 1:
        raise TypeError("LRP: no rule for a Conv3d with groups")
    weight = weight.to(memory_format=torch.channels_last_3d)
    return partial(conv3d, weight=weight, stride=layer.stride, padding=layer.padding, dilation=layer.dilation)


def _parts(values: Tensor) -> tuple[Tensor, Tensor]:
    return values.clamp(min=0), values.clamp(max=0)


def _summed(shares: Tensor) -> Tensor:
    """Shares of the two parts of an input, which are its channels' first and second half -> shares of the input."""
    first, second = shares.chunk(2, dim=1)
    return first + second


def _stabilised(z: Tensor, epsilon: float) -> Tensor:
    """z, in its place, further from zero by epsilon."""
    return z.add_(torch.copysign(z.new_tensor(epsilon), z))
