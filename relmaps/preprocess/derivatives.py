"""Where a scan's results lie, with BIDS derivative names."""

import re
from pathlib import Path

from relmaps.cohort.cohort import Scan

NAMES = {
    "t1": "space-{space}_desc-preproc_T1w.nii.gz",
    "t1_affine": "space-{space}_desc-affine_T1w.nii.gz",
    "gm": "space-{space}_label-GM_probseg.nii.gz",
    "gm_modulated": "space-{space}_label-GM_desc-modulated_probseg.nii.gz",
    "brain": "space-{space}_desc-brain_mask.nii.gz",
    "native_t1": "desc-preproc_T1w.nii.gz",
    "native_tissues": "desc-atropos_dseg.nii.gz",
    "head": "desc-head_T1w.nii.gz",
    "head_brain": "desc-head_mask.nii.gz",
    "status": "desc-preproc_status.json",
}


def name_derivatives(scan: Scan, folder: str | Path, space: str) -> dict[str, Path]:
    """Paths of a scan's results: the keys of NAMES."""
    anat = Path(folder, scan.participant_id, *filter(None, [scan.session_id]), "anat")
    return {key: anat / f"{scan.scan_id}_{name.format(space=space)}" for key, name in NAMES.items()}


def scan_of(row) -> Scan:
    """The scan of a row of subjects.tsv; its raw path is not known there."""
    session = re.search(r"_(ses-[A-Za-z0-9]+)", row.scan_id)
    return Scan(row.scan_id, row.participant_id, session[1] if session else None, path="")
