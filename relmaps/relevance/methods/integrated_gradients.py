"""Integrated gradients from a zero baseline: Sundararajan et al. 2017, ICML, Eq. 1, as a sum over a straight path."""

import logging
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from relmaps.io.errors import UserError
from relmaps.relevance.methods.gradient import gradients_of_copies
from relmaps.relevance.methods.method import Context, Method, explained_value

AFFINE = (nn.Conv3d, nn.BatchNorm3d, nn.Dropout)

log = logging.getLogger("relmaps")


@dataclass(frozen=True)
class IntegratedGradients(Method):
    """x times the mean gradient of the explained value along the straight path from zero to x.

    Scans are scaled by the training part, so zero is its mean image.
    rule : left, equal steps as in the paper; or trapezoid in the square root of the place on the path. Gradients change
    most near the baseline, where biases outweigh the scan, so that the latter takes half as many steps as equal ones.
    tolerance : of |sum of a map - what it should be| / |what it should be|. Scans above it get twice the steps, at most
    max_steps; the new places lie between the old ones. None keeps the steps, which rule left needs.
    """

    rule: str
    steps: int
    tolerance: float | None
    max_steps: int
    images_at_once: int = 1

    def __post_init__(self):
        if self.rule not in ("trapezoid", "left"):
            raise ValueError(f"rule {self.rule} is not one of trapezoid, left")
        if self.rule == "left" and self.tolerance is not None:
            raise UserError("relevance.integrated_gradients: rule left keeps its steps; set tolerance to null")

    def prepared(self, context: Context) -> "IntegratedGradients":
        return replace(self, images_at_once=context.images_at_once)

    def explain(self, network: nn.Module, x: Tensor, coefficients: Tensor) -> Tensor:
        start, rest = _split_at_first_nonlinearity(network.layers)
        with torch.enable_grad():
            x = x.detach().requires_grad_()
            end = start(x)
        with torch.no_grad():
            origin = start(torch.zeros_like(x[:1]))
            path = _Path(rest, origin, end - origin, coefficients, self.images_at_once)
            mean = path.weighted_sum(*(left if self.rule == "left" else trapezoid)(self.steps))
            if self.tolerance is not None:
                self._refine(mean, path)
        # Affine layers pull all gradients back alike, so once is enough.
        return (x.detach() * torch.autograd.grad(end, x, mean)[0])[:, 0]

    def _refine(self, mean: Tensor, path: "_Path") -> None:
        """Double the steps of those mean gradients whose maps would not sum to what they should."""
        expected, steps = path.rise(), self.steps
        while True:
            # Affine layers before the path leave the sum of a map as it is.
            sums = (path.along * mean).flatten(1).sum(dim=1, dtype=torch.float64)
            above = ((sums - expected).abs() > self.tolerance * expected.abs()).nonzero()[:, 0]
            if not len(above) or 2 * steps > self.max_steps:
                break
            mean[above] = (mean[above] + path.of(above).weighted_sum(*middles(steps))) / 2
            steps *= 2
        log.info(
            "integrated gradients: up to %d steps, %d of %d scans above the tolerance", steps, len(above), len(mean)
        )

    def expected_sum(self, network: nn.Module, x: Tensor, coefficients: Tensor) -> Tensor:
        """The difference of the explained value from that of the baseline, up to the error of the sum over the path."""
        with torch.no_grad():
            difference = network(x) - network(torch.zeros_like(x[:1]))
        return (difference * coefficients).sum(dim=1)


@dataclass(frozen=True, eq=False)
class _Path:
    """Straight paths from `origin` (1, ...) to origin + along (n, ...), which are inputs of `layers`."""

    layers: nn.Module
    origin: Tensor
    along: Tensor
    coefficients: Tensor
    images_at_once: int

    def of(self, scans: Tensor) -> "_Path":
        return replace(self, along=self.along[scans], coefficients=self.coefficients[scans])

    def rise(self) -> Tensor:
        """(n,) float64: the explained value at the path's end minus that at its origin."""
        values = [explained_value(self.layers, x, self.coefficients) for x in (self.origin + self.along, self.origin)]
        return values[0].double() - values[1].double()

    def weighted_sum(self, places: Tensor, weights: Tensor) -> Tensor:
        """(n, ...) sum of weights times the gradients at these places in [0, 1], several of them in one pass."""
        total = torch.zeros_like(self.along)
        at_once = max(1, self.images_at_once // len(total))
        for some, of_some in zip(places.to(total).split(at_once), weights.to(total).split(at_once), strict=True):
            copies = torch.addcmul(self.origin, some.view(-1, *[1] * total.dim()), self.along)
            for gradient in gradients_of_copies(self.layers, copies, of_some.view(-1, 1, 1) * self.coefficients):
                total += gradient
        return total


def left(steps: int) -> tuple[Tensor, Tensor]:
    """Places and weights of the left Riemann sum over [0, 1]."""
    return torch.arange(steps) / steps, torch.full((steps,), 1 / steps)


def trapezoid(steps: int) -> tuple[Tensor, Tensor]:
    """Places and weights of the trapezoidal rule for the integral of 2 s g(s²) over [0, 1]; s = 0 has no weight."""
    s = torch.arange(1, steps + 1) / steps
    weights = 2 * s / steps
    weights[-1] /= 2
    return s**2, weights


def middles(steps: int) -> tuple[Tensor, Tensor]:
    """The same at the middles: the mean of both rules is the trapezoidal rule of twice the steps."""
    s = (torch.arange(steps) + 0.5) / steps
    return s**2, 2 * s / steps


def _split_at_first_nonlinearity(layers: nn.Sequential) -> tuple[nn.Sequential, nn.Sequential]:
    """The layers that are affine in evaluation mode, and those after them.

    Affine layers map the path to another straight path: once per scan is enough, and the first convolution, at full
    resolution, is the dearest one.
    """
    n = next((n for n, layer in enumerate(layers) if not isinstance(layer, AFFINE)), len(layers))
    return layers[:n], layers[n:]
