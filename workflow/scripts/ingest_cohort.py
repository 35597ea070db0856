"""Read a source of scans into the study's participants and scans, with a reason for everything that is left out."""

from pathlib import Path

import pandas as pd

from relmaps.cohort.dicom import hash_of_series
from relmaps.cohort.sources import read_cohort
from relmaps.io.errors import UserError
from relmaps.io.files import hash_file
from relmaps.io.jobs import job, log
from relmaps.io.machine import raise_fault
from relmaps.io.tables import write_table


def main(*, dataset, participants, scans, left_out, notes, planned, source, settings):
    cohort = read_cohort(source, dataset, settings)
    found = [scan.scan_id for scan in cohort.scans]
    if found != planned:
        raise UserError(f"input {dataset}: its scans changed while the study was planned; start the study again")
    rows = [
        {
            "scan_id": scan.scan_id,
            "participant_id": scan.participant_id,
            "session_id": scan.session_id,
            "path": scan.path,
            "sha256": _hash_or_none(scan.path),
        }
        for scan in cohort.scans
    ]
    log.info("%d participants, %d left out", len(found), len(cohort.exclusions))
    for note in cohort.notes:
        log.warning("%s", note)
    write_table(cohort.participants, participants, "participants")
    write_table(pd.DataFrame(rows), scans, "scans")
    write_table(cohort.exclusions, left_out, "exclusions")
    write_table(pd.DataFrame({"stage": "cohort", "note": cohort.notes}), notes, "notes")


def _hash_or_none(path):
    """What cannot be read is not an error here: preprocessing gives it a row with the reason."""
    try:
        return hash_of_series(path) if Path(path).is_dir() else hash_file(path)
    except OSError as error:
        raise_fault(error, path)
        return None


if __name__ == "__main__":
    with job(snakemake):
        main(
            dataset=snakemake.params.dataset,
            participants=snakemake.output.participants,
            scans=snakemake.output.scans,
            left_out=snakemake.output.left_out,
            notes=snakemake.output.notes,
            planned=snakemake.params.scans,
            source=snakemake.params.source,
            settings=snakemake.params.settings,
        )
