"""The ground truth, the expected loss of grey matter in disease, as a reference."""

import logging

import numpy as np

from relmaps.catalogue.references import GROUND_TRUTH
from relmaps.reference.reference import Reference, Thresholded

log = logging.getLogger("relmaps")

PERCENTILE = 99  # of the brain's voxels that lose any: the largest loss but for a few outliers
SHARES = (0.5, 0.25, 0.75)  # ASSUME: the mask is where loss is at least half its near-maximum; fixed beforehand


def truth_reference(loss: np.ndarray, brain: np.ndarray) -> Reference:
    """The ground truth and its mask: at least half the 99th percentile of the loss over brain voxels that lose any.

    Its other thresholds are a quarter and three quarters. loss : (nx, ny, nz) float32 >= 0, expected share of grey
    matter volume that disease takes. brain : (nx, ny, nz) bool. A cohort without disease (severity 0) has empty masks.
    """
    losing = loss[brain & (loss > 0)]
    near_maximum = float(np.percentile(losing, PERCENTILE)) if losing.size else None
    thresholds = []
    for share in SHARES:
        threshold = None if near_maximum is None else share * near_maximum
        mask = brain & (loss >= threshold) if losing.size else np.zeros(loss.shape, dtype=bool)
        meaning = f"loss of at least {100 * share:g} % of its {PERCENTILE}th percentile"
        thresholds.append(Thresholded(f"share_{share:g}", mask, threshold, meaning))
    note = "The disease takes no grey matter: the mask is empty, scores against it are n/a."
    if losing.size:
        note = f"Loss of at least half its {PERCENTILE}th percentile."
    log.info("%d voxels. %s", thresholds[0].mask.sum(), note)
    return Reference(
        loss,
        thresholds[0].mask,
        GROUND_TRUTH,
        "ground truth: expected loss in disease",
        "share of grey matter volume",
        thresholds[0].threshold,
        note=note,
        thresholds=thresholds,
    )
