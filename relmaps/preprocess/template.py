"""The study's template: T1, tissue probabilities and masks of MNI152 on the study's grid."""

from pathlib import Path

import nibabel as nib
import numpy as np

from relmaps.images import Grid, write_map
from relmaps.mni152 import AFFINE, average_on, study_grid, t1, tissue_fractions

IMAGES = ("T1w", "GM_probseg", "WM_probseg", "CSF_probseg", "brain_mask", "gm_mask")
GM_MASK_ABOVE = 0.2  # ASSUME: a voxel with a fifth of grey matter belongs to the grey matter mask


def make_template(grid: Grid) -> dict[str, np.ndarray]:
    """The template's images by name (IMAGES), each (nx, ny, nz).

    T1w is skull-stripped, in 0..1; probabilities are in 0..1; masks are bool.
    """
    brain, fractions = tissue_fractions()
    images = {f"{name.upper()}_probseg": average_on(part, AFFINE, grid) for name, part in fractions.items()}
    inside = average_on(brain, AFFINE, grid) >= 0.5
    images["T1w"] = average_on(t1() * brain, AFFINE, grid) * inside
    images["brain_mask"] = inside
    images["gm_mask"] = inside & (images["GM_probseg"] > GM_MASK_ABOVE)
    return images


def template_paths(folder: str | Path, space: str) -> dict[str, Path]:
    return {name: Path(folder) / f"{space}_{name}.nii.gz" for name in IMAGES}


def write_template(voxel_mm: float, space: str, folder: str | Path) -> None:
    grid = study_grid(voxel_mm, space)
    images = make_template(grid)
    for name, path in template_paths(folder, space).items():
        write_map(images[name], path, grid, dtype=np.uint8 if name.endswith("mask") else np.float32)


def load_template(folder: str | Path, space: str) -> dict[str, nib.Nifti1Image]:
    """The images of `write_template`, by name."""
    return {name: nib.load(path) for name, path in template_paths(folder, space).items()}
