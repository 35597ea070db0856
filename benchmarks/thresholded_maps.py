"""How much of a thresholded map's mask is left on another grid: python -m benchmarks.thresholded_maps

Simulated z maps of 2 mm, cut at 3.1, and their masks, on grids of 1.5, 3 and 4 mm: volume of what is at least the
threshold, relative to that of the map, by linear interpolation and as references and external maps are read.
"""

import tempfile
from pathlib import Path

import nibabel as nib
import numpy as np
from scipy.ndimage import gaussian_filter

from relmaps.space.grid import Grid
from relmaps.space.resample import read_on_grid, resample

SHAPE, AFFINE = (61, 71, 56), np.array([[-2.0, 0, 0, 60], [0, 2, 0, -70], [0, 0, 2, -50], [0, 0, 0, 1]])
CUT, RADIUS_MM, BOX_MM = 3.1, 45.0, (108, 132, 104)
KINDS = {"z map at 3.1": (True, CUT), "mask at 1": (False, 1.0), "mask at .01": (False, 0.01)}
SEEDS = 3


def make_grid(voxel_mm: float) -> Grid:
    affine = np.diag([voxel_mm, voxel_mm, voxel_mm, 1.0])
    affine[:3, 3] = [-57, -67, -49]
    return Grid(tuple(int(length / voxel_mm) for length in BOX_MM), affine, "MNI152NLin2009aSym")


def in_brain(coordinates: np.ndarray) -> np.ndarray:
    """coordinates : (3, nx, ny, nz) mm. A sphere."""
    return (coordinates**2).sum(axis=0) < RADIUS_MM**2


def main() -> None:
    print(f"{'grid (mm)':10}{'map':14}{'linear':>16}{'by support':>16}")
    original = Grid(SHAPE, AFFINE, "MNI152NLin2009aSym")
    for voxel_mm in (1.5, 3.0, 4.0):
        grid = make_grid(voxel_mm)
        brain = in_brain(grid.coordinates())
        for kind, (keep_values, threshold) in KINDS.items():
            shares: dict[str, list[float]] = {"linear": [], "support": []}
            for seed in range(SEEDS):
                noise = gaussian_filter(np.random.default_rng(seed).normal(size=SHAPE), 3)
                z = (2 * noise / noise.std()).astype(np.float32)
                above = z > CUT
                image = nib.Nifti1Image(np.where(above, z if keep_values else 1, 0).astype(np.float32), AFFINE)
                image.set_sform(AFFINE, code="mni")
                with tempfile.TemporaryDirectory() as folder:
                    path = Path(folder, "map.nii.gz")
                    nib.save(image, path)
                    read, _ = read_on_grid(path, grid, brain)
                truth_mm3 = 8 * (above & in_brain(original.coordinates())).sum()
                for name, data in (("linear", resample(image, grid)), ("support", read)):
                    shares[name].append(voxel_mm**3 * (brain & (data >= threshold)).sum() / truth_mm3)
            columns = "".join(f"{f'{min(found):.2f} to {max(found):.2f}':>16}" for found in shares.values())
            print(f"{voxel_mm:<10g}{kind:14}{columns}")


if __name__ == "__main__":
    main()
