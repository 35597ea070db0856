"""A picture of each scan that could be preprocessed; its file is named by the scan, nothing in it is."""

from pathlib import Path

import pandas as pd

from relmaps.io.images import load_grid, read_map
from relmaps.io.jobs import job, progress
from relmaps.io.tables import read_table
from relmaps.preprocess.derivatives import name_derivatives, scan_of
from relmaps.preprocess.pictures import plot_scan


def main(*, qc, gm, pictures, derivatives, space):
    grid = load_grid(gm, space)
    template_gm = read_map(gm, grid)
    Path(pictures).mkdir(parents=True, exist_ok=True)  # stays empty where every scan failed
    rows = pd.concat([read_table(batch) for batch in qc], ignore_index=True)
    for row in progress(list(rows[rows["status"] == "ok"].itertuples()), "picture"):
        files = name_derivatives(scan_of(row), derivatives, space)
        plot_scan(files, row._asdict(), template_gm, grid, Path(pictures, f"{row.scan_id}.png"))


if __name__ == "__main__":
    with job(snakemake):
        main(
            qc=snakemake.input.qc,
            gm=snakemake.input.gm,
            pictures=snakemake.output.pictures,
            derivatives=snakemake.params.derivatives,
            space=snakemake.params.space,
        )
