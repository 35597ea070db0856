"""Every source of scans: what `input` is, what reads it, and what is known about its participants."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Source:
    """A source of scans, by its name in `cohort.source`.

    reads : what it reads, for the schema. title : of its scans, in a sentence. reader : file of relmaps/cohort/sources/
    and function in it; the file's `list_tables` names the tables that the function reads. section : key of the
    configuration's `cohort` with its settings. files : those of them that name a file. input : what the configuration's
    `input` is; None for scans that the study makes itself. labels : the only groups that it has, if it has its own.
    truth : name of the ground truth that its scans have by construction.
    """

    reads: str
    title: str
    reader: str
    section: str
    files: tuple[str, ...] = ()
    input: str | None = None
    labels: Mapping[str, str] | None = None
    truth: str | None = None

    @property
    def is_made(self) -> bool:
        """Whether the study makes the scans itself."""
        return self.input is None


SOURCES = {
    "simulated": Source(
        "simulates a BIDS dataset of raw T1 scans with a ground truth",
        "simulated from a template",
        "bids:read_bids",
        "bids",
        labels={"column": "diagnosis", "disease": "AD", "control": "CN"},
        truth="simulated",
    ),
    "bids": Source(
        "reads the folder `input`, a BIDS dataset",
        "read from a BIDS dataset",
        "bids:read_bids",
        "bids",
        input="the BIDS folder",
    ),
    "adni": Source(
        "reads the folder `input`, an ADNI download",
        "read from an ADNI download",
        "adni:read_adni",
        "adni",
        files=("adnimerge", "search_csv"),
        input="the ADNI download's folder",
    ),
    "dicom": Source(
        "reads the table `input` with a folder of DICOM files per row",
        "converted from DICOM",
        "table:read_scan_table",
        "table",
        input="the table of DICOM folders",
    ),
    "table": Source(
        "reads the table `input` with a NIfTI file per row",
        "read from the files that a table lists",
        "table:read_scan_table",
        "table",
        input="the table of scans",
    ),
}


def settings_of_source(cohort: dict) -> dict:
    """What the reader of a cohort needs. cohort : that part of a configuration."""
    keys = ("source", "labels", "covariates", SOURCES[cohort["source"]].section, "synthetic_atrophy")
    return {key: cohort[key] for key in keys}
