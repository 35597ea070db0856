"""Figure: the network's evidence as parts of scans are deleted and inserted, in the order of each heatmap."""

import pandas as pd

from relmaps.figures.faithfulness import plot_faithfulness
from relmaps.figures.style import house_style, save_figure
from relmaps.io.jobs import job
from relmaps.io.tables import read_table


def main(*, curves, areas, figures):
    """curves, areas : one table per heatmap."""
    tables = [pd.concat([read_table(path) for path in paths]) for paths in (curves, areas)]
    with house_style():
        save_figure(plot_faithfulness(*tables), figures)


if __name__ == "__main__":
    with job(snakemake):
        main(curves=snakemake.input.curves, areas=snakemake.input.areas, figures=snakemake.output)
