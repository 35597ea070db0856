"""Convert DICOM series to NIfTI; a series that was converted before is not converted again."""

from pathlib import Path

from relmaps.cohort.dicom import OPTIONS, VERSION, convert, hash_of_series
from relmaps.cohort.dicom_series import RULES
from relmaps.cohort.prepared import write_prepared
from relmaps.io.errors import ScanError
from relmaps.io.files import fingerprint, read_json, write_json
from relmaps.io.jobs import job, log, progress
from relmaps.io.machine import raise_fault


def main(*, scans, prepared):
    rows = []
    for scan_id, folder, target in progress(scans, "scan"):
        reason = None
        try:
            _convert_once(folder, Path(target))
        except ScanError as error:
            reason = str(error)
            log.warning("%s: %s", scan_id, reason)
            Path(target).unlink(missing_ok=True)  # made when the folder held something else
        rows.append({"scan_id": scan_id, "path": None if reason else str(target), "reason": reason})
    write_prepared(rows, prepared)


def _convert_once(folder, target):
    try:
        made_from = fingerprint(hash_of_series(folder), OPTIONS, VERSION, RULES)
    except OSError as error:
        raise_fault(error, folder)
        raise ScanError(f"{folder}: cannot be read ({error.strerror}); check the folder") from None
    sidecar = target.with_name(target.name.removesuffix(".gz").removesuffix(".nii") + ".json")
    if not (target.exists() and sidecar.exists() and read_json(sidecar)["RelmapsMadeFrom"] == made_from):
        sidecar.unlink(missing_ok=True)  # it says that the scan is whole
        convert(folder, target)
        software = {"ConversionSoftware": "dcm2niix", "ConversionSoftwareVersion": VERSION}
        write_json({"Modality": "MR", **software, "RelmapsMadeFrom": made_from}, sidecar)


if __name__ == "__main__":
    with job(snakemake):
        main(scans=snakemake.params.scans, prepared=snakemake.output.prepared)
