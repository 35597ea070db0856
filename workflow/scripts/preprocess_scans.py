"""Preprocess a batch of scans; each gets a row for qc.tsv, also the ones that cannot be used."""

from pathlib import Path

import pandas as pd

from relmaps.cohort.bids import Scan
from relmaps.images import load_grid
from relmaps.jobs import job, progress
from relmaps.preprocess.scan import Settings, preprocess
from relmaps.preprocess.template import load_template, template_paths
from relmaps.tables import columns_of, write_table


def main(*, scans, template, qc, derivatives, space, settings):
    grid = load_grid(template_paths(template, space)["brain_mask"], space)
    images = load_template(template, space)
    rows = [
        preprocess(Scan(*scan), images, grid, derivatives, Settings(**settings)) for scan in progress(scans, "scan")
    ]
    write_table(pd.DataFrame(rows, columns=list(columns_of("qc"))), qc, "qc")


if __name__ == "__main__":
    with job(snakemake):
        main(
            scans=snakemake.params.scans,
            template=Path(snakemake.input.template[0]).parent,
            qc=snakemake.output.qc,
            derivatives=snakemake.params.derivatives,
            space=snakemake.params.space,
            settings={
                "input_voxel_mm": snakemake.params.input_voxel_mm,
                "registration": snakemake.params.registration,
                "iterations": tuple(snakemake.params.iterations),
                "code": snakemake.params.code,
            },
        )
