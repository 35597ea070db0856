"""The brain in a whole head, by the networks of deepbet, whose package carries their weights.

References: Fisch et al. 2024, Computers in Biology and Medicine 179:108845.
Why this network: docs/decisions/0013-brain-extraction.md.
"""

import ctypes
from functools import cache

import nibabel as nib
import numpy as np

# Voxels along each side of the box around the brain that the second network sees. The authors take 256: 2.2 times the
# time for .003 more Dice with the labels of six heads, which the refinement of the mask makes up for.
SIDE = 192


def network_mask(head: nib.Nifti1Image) -> np.ndarray:
    """Extract the brain of a raw head.

    Parameters
    ----------
    head : image, shape (nx, ny, nz), RAS+
        The whole field of view; intensities in any unit.

    Returns
    -------
    ndarray, shape (nx, ny, nz), bool
        The brain with ventricles, as one part without holes. Empty where the network finds none.
    """
    extraction = _extraction()
    try:
        mask = extraction.run_model(head.get_fdata(dtype=np.float32).copy(), shape=(SIDE,) * 3) > 0.5
        return extraction.postprocess(mask) > 0
    except (AssertionError, ValueError):  # what deepbet raises where one of its two networks marks nothing
        return np.zeros(head.shape, bool)
    finally:
        _return_memory()


@cache
def _extraction():
    """The networks, on one thread: sums over another number of threads give other last digits."""
    # Imported here, because torch takes seconds and no skull-stripped scan needs it.
    import torch
    from deepbet import BrainExtraction

    torch.set_num_threads(1)
    return BrainExtraction(no_gpu=True)


def _return_memory() -> None:
    """Give freed memory back to the system where its C library can: a third of a GB that ANTs needs later."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
