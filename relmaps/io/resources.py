"""What a job asks of the machine, and what it asks when it did not get along with that."""

from collections.abc import Callable

# Scans go through a network together as long as their voxels do not exceed this number: what fits a processor's cache
# is twice as fast as sixteen scans of 4 mm at once.
VOXELS_AT_ONCE = 500_000
# Float32 copies of the first block's output that a scan holds at the peak: python -m benchmarks.memory.
TRAINING_COPIES, EXPLAINING_COPIES = 7, 13
BASE_MB = 2000  # torch, the network and arrays


def growing(amount: int) -> Callable:
    """Resource of a rule: `amount` at first, twice as much in the second attempt, three times in the third.

    Snakemake's `--retries` makes attempts; without it a job has one.
    """

    def resource(wildcards, attempt):
        return amount * attempt

    return resource


def voxels_at(voxel_mm: float) -> float:
    """Of the packaged template's whole grid, 197 x 233 x 189 mm."""
    return 197 * 233 * 189 / voxel_mm**3


def training_mb(width: int, voxels: float, batch: int) -> int:
    """Of a network of this width on scans of so many voxels."""
    return BASE_MB + round(4 * TRAINING_COPIES * width * voxels * batch / 1e6)


def explaining_mb(width: int, voxels: float) -> int:
    """The same for the scans that are explained together: one, or as many small ones as VOXELS_AT_ONCE holds."""
    return BASE_MB + round(4 * EXPLAINING_COPIES * width * max(voxels, VOXELS_AT_ONCE) / 1e6)
