"""Figure: overlap against the size of the cohort and the severity of the disease."""

import pandas as pd

from relmaps.figures.sample_size_curve import plot_sample_size_curve
from relmaps.figures.style import house_style, save_figure
from relmaps.io.jobs import job
from relmaps.io.tables import read_columns, read_table


def main(tables, references, figures):
    """`tables` : one per map."""
    filled = [table for table in map(read_table, tables) if len(table)]
    columns = list(read_columns("sample_size_curve"))
    curves = pd.concat(filled, ignore_index=True) if filled else pd.DataFrame(columns=columns)
    with house_style():
        save_figure(plot_sample_size_curve(curves, references), figures)


if __name__ == "__main__":
    with job(snakemake):
        main(tables=snakemake.input.tables, references=snakemake.params.references, figures=snakemake.output)
