"""One scan, from raw to template space; a scan that is done is never done again."""

import logging
import time
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

import nibabel as nib
import numpy as np

from relmaps.cohort.cohort import Scan
from relmaps.io.errors import ScanError
from relmaps.io.files import fingerprint, read_json, write_json
from relmaps.io.images import save, write_map
from relmaps.preprocess.derivatives import name_derivatives
from relmaps.preprocess.integrity import content_hash, hash_of_raw, read_raw
from relmaps.preprocess.recipe import register_and_segment
from relmaps.preprocess.registration import Settings
from relmaps.preprocess.template import hash_template
from relmaps.preprocess.work import work_on
from relmaps.space.grid import Grid

log = logging.getLogger("relmaps")

VERSIONS = {package: version(package) for package in ("antspyx", "deepbet", "nilearn", "torch")}


def preprocess(
    scan: Scan, template: dict[str, nib.Nifti1Image], grid: Grid, folder: str | Path, settings: Settings
) -> dict:
    """The scan's row for qc.tsv. A scan that cannot be used ends well, with status `failed` and its reason.

    Whether a finished result still holds is told by a fingerprint of the raw file, the settings, the template, our code
    and the versions in VERSIONS. A fault of the machine, such as a full disk, ends the job.
    """
    paths = name_derivatives(scan, folder, grid.space)
    try:
        made_from = fingerprint(hash_of_raw(scan.path), asdict(settings), VERSIONS, hash_template(template))
        if paths["status"].exists():
            status = read_json(paths["status"])
            if status["made_from"] == made_from and all(path.exists() for path in paths.values()):
                log.info("%s: done before", scan.scan_id)
                return status["row"]
        # The old status must not outlive the first new image: killed now, the scan would be taken for finished.
        paths["status"].unlink(missing_ok=True)
        start = time.monotonic()
        row = _row(scan, "ok") | _preprocess(scan, template, grid, paths, settings)
        row["seconds"] = round(time.monotonic() - start, 2)
        write_json({"made_from": made_from, "row": row}, paths["status"])
        return row
    except ScanError as error:
        return failed(scan, str(error))


def failed(scan: Scan, reason: str) -> dict:
    """The row of a scan that cannot be used."""
    log.warning("%s: %s", scan.scan_id, reason)
    return _row(scan, "failed") | {"reason": reason}


def _row(scan: Scan, status: str) -> dict:
    return {"scan_id": scan.scan_id, "participant_id": scan.participant_id, "status": status, "reason": None}


def _preprocess(scan: Scan, template: dict, grid: Grid, paths: dict[str, Path], settings: Settings) -> dict:
    raw = read_raw(scan.path)
    content = content_hash(raw)
    result = work_on(scan.path, lambda scratch: register_and_segment(raw, template, settings, scratch))
    for name in ("t1", "t1_affine", "gm", "gm_modulated", "brain"):
        write_map(result.images[name], paths[name], grid, dtype=np.uint8 if name == "brain" else np.float32)
    for name, affine in result.affines.items():
        kind = np.float32 if name == "native_t1" else np.uint8
        save(nib.Nifti1Image(result.images[name].astype(kind), affine), paths[name])
    return result.measures | {"content": content}
