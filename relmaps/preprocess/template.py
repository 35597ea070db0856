"""The study's template on the study's grid: T1, tissue probabilities and masks, packaged or the user's own."""

from pathlib import Path

import nibabel as nib
import numpy as np

from relmaps.io.errors import UserError
from relmaps.io.files import hash_file
from relmaps.io.images import write_map
from relmaps.space.grid import Grid
from relmaps.space.mni152 import average_on, grid_over
from relmaps.space.template import Source, select_source

IMAGES = ("T1w", "GM_probseg", "WM_probseg", "CSF_probseg", "brain_mask", "gm_mask")
GM_MASK_ABOVE = 0.2  # ASSUME: a voxel with a fifth of grey matter belongs to the grey matter mask

# The box of Wang et al. 2023: MNI152NLin2009cSym at 1 mm.
PAPER_SHAPE, PAPER_CORNER = (193, 229, 193), (-96.0, -132.0, -78.0)


def make_template(grid: Grid, source: Source) -> dict[str, np.ndarray]:
    """The template's images by name (IMAGES), each (nx, ny, nz) on `grid`.

    T1w is skull-stripped, in about 0..1; probabilities are in 0..1; masks are bool.
    """
    images = {
        f"{name.upper()}_probseg": average_on(part, source.affine, grid) for name, part in source.fractions.items()
    }
    inside = average_on(source.brain, source.affine, grid) >= 0.5
    images["T1w"] = average_on(source.t1, source.affine, grid) * inside
    images["brain_mask"] = inside
    images["gm_mask"] = inside & (images["GM_probseg"] > GM_MASK_ABOVE)
    return images


def template_paths(folder: str | Path, space: str) -> dict[str, Path]:
    return {name: Path(folder) / f"{space}_{name}.nii.gz" for name in IMAGES}


def write_template(voxel_mm: float, space: str, folder: str | Path, box: str = "template", files: dict | None = None):
    """Write the images of `make_template`.

    box : template (the source's own box) or paper (193 x 229 x 193 mm). files : the user's own images, None for the
    packaged ones.
    """
    source = select_source(files)
    if box == "paper":
        corner = np.diag([1.0, 1, 1, 1])
        corner[:3, 3] = PAPER_CORNER
        grid = grid_over(PAPER_SHAPE, corner, voxel_mm, space)
    else:
        grid = grid_over(source.brain.shape, source.affine, voxel_mm, space)
    images = make_template(grid, source)
    if not images["brain_mask"].any():
        raise UserError(f"config: preprocess.template: no brain lies in the box of {space}; check brain_mask and box")
    for name, path in template_paths(folder, space).items():
        write_map(images[name], path, grid, dtype=np.uint8 if name.endswith("mask") else np.float32)


def load_template(folder: str | Path, space: str) -> dict[str, nib.Nifti1Image]:
    """The images of `write_template`, by name, in memory: every scan of a job needs all of them several times."""
    images = {name: nib.load(path) for name, path in template_paths(folder, space).items()}
    return {
        name: nib.Nifti1Image(np.asarray(image.dataobj), image.affine, image.header, file_map=image.file_map)
        for name, image in images.items()
    }


def hash_template(template: dict[str, nib.Nifti1Image]) -> list[str]:
    """sha256 of each file of `load_template`, by name."""
    return [hash_file(template[name].get_filename()) for name in sorted(template)]
