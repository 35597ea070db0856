"""Occlusion of one anatomical region after the other, by captum."""

from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn

from relmaps.io.errors import UserError
from relmaps.relevance.methods.method import Context, Method, explained_value
from relmaps.space.ellipsoids import stated_regions
from relmaps.space.regions import atlas_regions


@dataclass(frozen=True)
class RegionOcclusion(Method):
    """What the explained value loses when a region is filled with zeros, at each of its voxels; 0 outside all regions.

    atlas : path of a NIfTI with an integer for each region, 0 for none; None for the stated ellipsoids.
    regions : (1, 1, nx, ny, nz) int64, the same on the study's grid, which `prepared` finds.
    Of z-scored scans, zero is the mean of the training part.
    """

    # ASSUME: zero hides a region. Where scans are not z-scored it is the background.
    atlas: str | None
    regions: Tensor | None = None
    images_at_once: int = 1

    def prepared(self, context: Context) -> "RegionOcclusion":
        """Raises UserError that names the atlas if it cannot be read or no region of it lies in the brain."""
        grid = context.grid
        labels = stated_regions(grid) if self.atlas is None else atlas_regions(self.atlas, grid)
        if not labels[context.brain].any():
            raise UserError(f"{self.atlas or 'relevance.region_occlusion'}: no region is in the brain; check its space")
        regions = torch.from_numpy(labels.astype(np.int64))[None, None]
        return replace(self, regions=regions, images_at_once=context.images_at_once)

    def explain(self, network: nn.Module, x: Tensor, coefficients: Tensor) -> Tensor:
        # Not above: captum brings matplotlib, and a second to every job of the other methods.
        from captum.attr import FeatureAblation

        regions = self.regions.to(x.device)
        lost = FeatureAblation(partial(explained_value, network)).attribute(
            x,
            baselines=0,
            additional_forward_args=coefficients,
            feature_mask=regions,
            perturbations_per_eval=max(1, self.images_at_once // len(x)),
        )
        return (lost * (regions > 0))[:, 0]
