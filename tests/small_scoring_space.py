"""Files of a scoring space with one reference, for tests of scripts that score maps."""

from pathlib import Path

import numpy as np

from relmaps.io.images import write_map
from relmaps.reference.reference import Reference
from relmaps.space.grid import Grid


def write_scoring_space(folder: Path, grid: Grid, brain: np.ndarray, loss: np.ndarray | None = None) -> dict:
    """The arguments of open_scoring_space.

    loss : (nx, ny, nz) bool, the truth; without one the brain's right. GM is the brain's lower part, and the
    more probable the lower.
    """
    loss = brain & (np.indices(grid.shape)[0] > 4) if loss is None else loss
    masks = {"brain_mask": folder / "brain.nii.gz", "gm_mask": folder / "gm.nii.gz"}
    for path, mask in zip(masks.values(), (brain, brain & (np.indices(grid.shape)[2] < 5)), strict=True):
        write_map(mask, path, grid, dtype=np.uint8)
    masks["gm_probability"] = folder / "gm_probability.nii.gz"
    write_map(brain * (1 - np.indices(grid.shape)[2] / grid.shape[2]), masks["gm_probability"], grid)
    paths = [folder / name for name in ("map.nii.gz", "mask.nii.gz", "reference.json")]
    Reference(loss.astype(np.float32), loss, "ground_truth", "", "", 0.1).write(*paths, grid)
    files = {f"reference_{kind}": [path] for kind, path in zip(("maps", "masks", "sidecars"), paths, strict=True)}
    return masks | files | {"space": grid.space, "references": ["truth"]}
