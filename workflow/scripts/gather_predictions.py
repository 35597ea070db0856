"""Predictions of all models in one table."""

import pandas as pd

from relmaps.io.jobs import job
from relmaps.io.tables import read_table, write_table


def main(parts, predictions):
    write_table(pd.concat([read_table(part) for part in parts]), predictions, schema="predictions")


if __name__ == "__main__":
    with job(snakemake):
        main(parts=snakemake.input.parts, predictions=snakemake.output.predictions)
