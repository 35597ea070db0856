"""The door for cohorts: whatever the source, the study sees participants, scans and exclusions."""

from pathlib import Path

from relmaps.cohort.adni import read_adni
from relmaps.cohort.adni_tables import find_search_csv
from relmaps.cohort.bids import read_bids
from relmaps.cohort.cohort import Cohort
from relmaps.cohort.injection import inject_labels
from relmaps.cohort.table import read_scan_table

READERS = {
    "simulated": read_bids,
    "bids": read_bids,
    "adni": read_adni,
    "table": read_scan_table,
    "dicom": read_scan_table,
}


def read_cohort(source: str, where: str, settings: dict) -> Cohort:
    """The cohort of a source.

    where : folder or table that the source reads. settings : the configuration's `cohort`. Raises UserError that names
    the folder, file or column; a participant or scan that is left out gets a row with its reason instead.
    """
    cohort = READERS[source](where, settings)
    if settings["synthetic_atrophy"] is not None:
        cohort = inject_labels(cohort, settings)
    return cohort


def tables_of(source: str, where: str, settings: dict) -> list[str]:
    """The tables that `read_cohort` reads, so that a change of theirs reaches the study."""
    if source in ("table", "dicom"):
        return [where]
    if source == "adni":
        adni = settings["adni"]
        return [adni["search_csv"] or str(find_search_csv(Path(where))), *filter(None, [adni["adnimerge"]])]
    ignored = Path(where, ".bidsignore")
    return [f"{where}/participants.tsv", *([str(ignored)] if ignored.is_file() else [])]
