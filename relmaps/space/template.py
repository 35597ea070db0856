"""Templates at their own resolution: the packaged MNI152 or the user's own images."""

from dataclasses import dataclass

import nibabel as nib
import numpy as np

from relmaps.io.errors import UserError
from relmaps.io.foreign import read_foreign_map
from relmaps.space import mni152


@dataclass(frozen=True, eq=False)
class Source:
    """A template at its own resolution.

    t1 : (nx, ny, nz) float32, brain alone, about 0..1. brain : (nx, ny, nz) bool. fractions : gm, wm, csf in 0..1.
    affine : (4, 4) voxel -> mm, RAS+.
    """

    t1: np.ndarray
    brain: np.ndarray
    fractions: dict[str, np.ndarray]
    affine: np.ndarray


def packaged() -> Source:
    """MNI152NLin2009aSym at 1 mm, as nilearn carries it."""
    brain, fractions = mni152.tissue_fractions()
    return Source(mni152.t1() * brain, brain, fractions, mni152.AFFINE)


def from_files(files: dict[str, str | None]) -> Source:
    """A template of the user's own: t1, brain_mask, gm, wm and, if there is one, csf, all on one grid.

    Probabilities may be written in 0..1 or up to any other maximum, such as 255, the same for all. Without csf, it is
    what gm and wm leave of the brain. UserError names a file that is on another grid, or turned against the axes.
    """
    images = {name: nib.as_closest_canonical(read_foreign_map(path)) for name, path in files.items() if path}
    affine, shape = images["t1"].affine, images["t1"].shape
    if not np.allclose(affine[:3, :3], np.diag(np.diag(affine[:3, :3])), atol=1e-3):
        raise UserError(f"{files['t1']}: its axes are turned against left-right, back-front, down-up; resample it")
    for name, image in images.items():
        if image.shape != shape or not np.allclose(image.affine, affine, atol=1e-3):
            raise UserError(f"{files[name]}: is not on the grid of {files['t1']}; resample it to that")
    data = {name: np.maximum(image.get_fdata(dtype=np.float32), 0) for name, image in images.items()}
    brain = data["brain_mask"] > 0.5 * data["brain_mask"].max()
    tissues = {name: part for name, part in data.items() if name in ("gm", "wm", "csf")}
    certain = max(float(part.max()) for part in tissues.values())
    if certain <= 0 or not brain.any():
        raise UserError(f"{files['brain_mask']}, {files['gm']}: nothing above 0; check preprocess.template.images")
    parts = {name: part / certain * brain for name, part in tissues.items()}
    total = np.maximum(sum(parts.values()), 1)
    fractions = {name: part / total for name, part in parts.items()}
    if "csf" not in fractions:
        fractions["csf"] = brain - fractions["gm"] - fractions["wm"]
    t1 = data["t1"] * brain
    return Source(t1 / np.percentile(t1[brain], 99.9), brain, fractions, affine)


def select_source(files: dict[str, str | None] | None) -> Source:
    """The template of the configuration's `preprocess.template.images`; None is the packaged one."""
    return packaged() if files is None else from_files(files)
