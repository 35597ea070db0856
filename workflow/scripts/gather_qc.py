"""All scans' rows of quality control in one table, with a flag for each measure that lies far from the others'."""

import pandas as pd

from relmaps.io.jobs import job, log
from relmaps.io.tables import read_table, write_table
from relmaps.preprocess.outliers import flag_outliers


def main(*, batches, qc, outlier_z):
    rows = pd.concat([read_table(batch) for batch in batches], ignore_index=True)
    rows["flags"] = flag_outliers(rows, outlier_z)
    log.info("%d of %d scans are flagged", rows["flags"].notna().sum(), len(rows))
    write_table(rows.sort_values("scan_id"), qc, "qc")


if __name__ == "__main__":
    with job(snakemake):
        main(
            batches=snakemake.input.batches,
            qc=snakemake.output.qc,
            outlier_z=snakemake.params.outlier_z,
        )
