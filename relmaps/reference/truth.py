"""The known disease's expected loss of grey matter as a reference."""

import logging

import numpy as np

from relmaps.reference.reference import Reference

log = logging.getLogger("relmaps")

PERCENTILE, SHARE = 99, 0.5  # ASSUME: the mask is where loss is at least half its near-maximum; fixed beforehand


def truth_reference(loss: np.ndarray, brain: np.ndarray) -> Reference:
    """The truth map and its mask: at least half the 99th percentile of the loss over brain voxels that lose any.

    loss : (nx, ny, nz) float32 >= 0, expected share of grey matter volume that disease takes. brain : (nx, ny, nz)
    bool.
    A cohort without disease (severity 0) has an empty mask.
    """
    losing = loss[brain & (loss > 0)]
    threshold, mask = None, np.zeros(loss.shape, dtype=bool)
    note = "The disease takes no grey matter: the mask is empty, scores against it are n/a."
    if losing.size:
        threshold = SHARE * float(np.percentile(losing, PERCENTILE))
        mask = brain & (loss >= threshold)
        note = f"Loss of at least half its {PERCENTILE}th percentile."
    log.info("%d voxels. %s", mask.sum(), note)
    return Reference(
        loss, mask, "truth", "expected loss of the known disease", "share of grey matter volume", threshold, note=note
    )
