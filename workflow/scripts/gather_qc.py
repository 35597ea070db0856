"""All scans' rows of quality control in one table."""

import pandas as pd

from relmaps.jobs import job
from relmaps.tables import read_table, write_table


def main(*, batches, qc):
    rows = pd.concat([read_table(batch) for batch in batches], ignore_index=True)
    write_table(rows.sort_values("scan_id"), qc, "qc")


if __name__ == "__main__":
    with job(snakemake):
        main(batches=snakemake.input.batches, qc=snakemake.output.qc)
