"""The networks as data, without torch: families A to D of Wang et al. 2023, and three of our own for coarse grids.

A block is Conv3d without padding - BatchNorm3d - ReLU - MaxPool3d: with kernel k and pool p an axis of s voxels becomes
(s - k + 1) // p. The families (NeuroImage 269:119929) on the paper's grid of 193 x 229 x 193 voxels, for the width n:

    A  kernels 7 5 5 3 3  pools 2 2 2 2 2   93x111x93, 44x53x44, 20x24x20, 9x11x9, 3x4x3    36 n features
    B  kernels 3 3 3 3 3  pools 2 2 2 2 2   95x113x95, 46x55x46, 22x26x22, 10x12x10, 4x5x4  80 n
    C  kernels 5 5 5 5    pools 3 2 2 2     63x75x63, 29x35x29, 12x15x12, 4x5x4             80 n
    D  kernels 7 7 7      pools 3 3 3       62x74x62, 18x22x18, 4x5x4                       80 n

The published sizes 36 n and 80 n show that the last block has n channels.
"""

from dataclasses import dataclass

from relmaps.io.errors import UserError

FAMILIES = {
    "A": ((7, 5, 5, 3, 3), (2, 2, 2, 2, 2)),
    "B": ((3, 3, 3, 3, 3), (2, 2, 2, 2, 2)),
    "C": ((5, 5, 5, 5), (3, 2, 2, 2)),
    "D": ((7, 7, 7), (3, 3, 3)),
}
WIDTHS = range(24, 53, 4)


@dataclass(frozen=True)
class Architecture:
    """Channels, kernel and pool of each block; units of the hidden dense layer, 0 for a linear head.

    averages : the pools take the mean instead of the maximum.
    """

    channels: tuple[int, ...]
    kernels: tuple[int, ...]
    pools: tuple[int, ...]
    hidden: int
    averages: bool = False

    def feature_shape(self, grid_shape: tuple[int, ...]) -> tuple[int, ...] | None:
        """Shape of the last block's output on a grid; None if the grid is too small."""
        shape = tuple(grid_shape)
        for kernel, pool in zip(self.kernels, self.pools, strict=True):
            shape = tuple((size - kernel + 1) // pool for size in shape)
            if min(shape) < 1:
                return None
        return shape


# Take grids from 22 voxels a side. The head is linear, because a few dozen scans do not feed a hidden layer, and pools
# average: with maxima `small` was less accurate (docs/decisions/0002-simulated-cohort.md).
COARSE = {
    "small": Architecture(channels=(4, 8, 16), kernels=(3, 3, 3), pools=(2, 2, 2), hidden=0, averages=True),
    "wide": Architecture(channels=(8, 16, 32), kernels=(3, 3, 3), pools=(2, 2, 2), hidden=0, averages=True),
    "shallow": Architecture(channels=(8, 16), kernels=(5, 5), pools=(3, 2), hidden=0, averages=True),
}


# ASSUME: every block has the width's number of channels; published is only that the last one has.
NETWORKS = COARSE | {
    f"{family}{width}": Architecture((width,) * len(kernels), kernels, pools, hidden=64)
    for family, (kernels, pools) in FAMILIES.items()
    for width in WIDTHS
}


def find_architecture(model: str) -> Architecture:
    """The architecture of a name: small, wide, shallow, A24, A28, ... D52."""
    if model not in NETWORKS:
        ours = ", ".join(COARSE)
        raise UserError(f"network {model} is unknown; use {ours}, or A, B, C or D with a width of 24, 28, ... 52")
    return NETWORKS[model]


def find_width(model: str) -> int:
    """Channels of the first block, by which memory is asked for; at least 8."""
    return max(8, find_architecture(model).channels[0])


def check_fits(model: str, grid_shape: tuple[int, ...]) -> None:
    """UserError that names the families that fit, if the grid is too small for this one."""
    if find_architecture(model).feature_shape(grid_shape) is None:
        size = " x ".join(map(str, grid_shape))
        candidates = COARSE | {family: find_architecture(f"{family}24") for family in FAMILIES}
        fit = [name for name, architecture in candidates.items() if architecture.feature_shape(grid_shape)]
        raise UserError(
            f"classify.cnn.architectures: {model} is too deep for a grid of {size} voxels; families that fit: "
            f"{', '.join(fit) or 'none'}; choose one of them or a smaller preprocess.template.voxel_mm"
        )
