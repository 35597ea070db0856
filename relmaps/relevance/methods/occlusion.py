"""Occlusion of one patch after the other: Zeiler and Fergus 2014, ECCV, Section 4.2, by captum."""

from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from torch import Tensor, nn

from relmaps.io.errors import UserError
from relmaps.relevance.methods.method import Context, Method, explained_value


@dataclass(frozen=True)
class Occlusion(Method):
    """What the explained value loses when a cube of zeros hides a place: at each voxel, the mean over its cubes.

    patch_mm : edge of a cube. stride_mm : from a cube to the next, at most patch_mm, which would leave gaps. Both are
    rounded to voxels, at least one. Of z-scored scans, zero is the mean of the training part.
    """

    # ASSUME: zero hides a place. Where scans are not z-scored it is the background.
    patch_mm: float
    stride_mm: float
    patch: tuple[int, ...] = ()
    stride: tuple[int, ...] = ()
    images_at_once: int = 1

    def __post_init__(self):
        if self.stride_mm > self.patch_mm:
            raise UserError("relevance.occlusion: stride_mm above patch_mm leaves gaps; make it smaller")

    def prepared(self, context: Context) -> "Occlusion":
        patch, stride = (
            tuple(np.clip(np.round(mm / context.grid.voxel_mm), 1, context.grid.shape).astype(int).tolist())
            for mm in (self.patch_mm, self.stride_mm)
        )
        return replace(self, patch=patch, stride=stride, images_at_once=context.images_at_once)

    def explain(self, network: nn.Module, x: Tensor, coefficients: Tensor) -> Tensor:
        # Not above: captum brings matplotlib, and a second to every job of the other methods.
        from captum.attr import Occlusion as CaptumOcclusion

        return CaptumOcclusion(partial(explained_value, network)).attribute(
            x,
            sliding_window_shapes=(1, *self.patch),
            strides=(1, *self.stride),
            baselines=0,
            additional_forward_args=coefficients,
            perturbations_per_eval=max(1, self.images_at_once // len(x)),
        )[:, 0]
