"""Preprocess a batch of scans; each gets a row for qc.tsv, also the ones that cannot be used."""

from pathlib import Path

import pandas as pd

from relmaps.cohort.cohort import Scan
from relmaps.cohort.prepared import read_failures
from relmaps.io.images import load_grid
from relmaps.io.jobs import job, progress
from relmaps.io.tables import read_columns, write_table
from relmaps.preprocess.registration import Settings
from relmaps.preprocess.scan import failed, preprocess
from relmaps.preprocess.template import load_template, template_paths


def main(*, scans, prepared, template, qc, derivatives, space, settings):
    grid = load_grid(template_paths(template, space)["brain_mask"], space)
    images = load_template(template, space)
    reasons = read_failures(prepared)
    rows = []
    for scan in progress([Scan(*scan) for scan in scans], "scan"):
        if scan.scan_id in reasons:
            rows.append(failed(scan, reasons[scan.scan_id]))
        else:
            rows.append(preprocess(scan, images, grid, derivatives, Settings(**settings)))
    write_table(pd.DataFrame(rows, columns=list(read_columns("qc"))), qc, "qc")


if __name__ == "__main__":
    with job(snakemake):
        main(
            scans=snakemake.params.scans,
            prepared=snakemake.input.prepared,
            template=Path(snakemake.input.template[0]).parent,
            qc=snakemake.output.qc,
            derivatives=snakemake.params.derivatives,
            space=snakemake.params.space,
            settings=snakemake.params.settings
            | {"iterations": tuple(snakemake.params.settings["iterations"]), "code": snakemake.params.code},
        )
