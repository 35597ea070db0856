"""Figure: how overlap grows with the size of the cohort and with the severity of the disease."""

import pandas as pd

from relmaps.figures.growth import draw_growth
from relmaps.figures.style import house_style, save_figure
from relmaps.io.jobs import job
from relmaps.io.tables import columns_of, read_table


def main(tables, references, figures):
    """`tables` : one per map."""
    grown = [table for table in map(read_table, tables) if len(table)]
    growth = pd.concat(grown, ignore_index=True) if grown else pd.DataFrame(columns=list(columns_of("growth")))
    with house_style():
        save_figure(draw_growth(growth, references), figures)


if __name__ == "__main__":
    with job(snakemake):
        main(tables=snakemake.input.tables, references=snakemake.params.references, figures=snakemake.output)
