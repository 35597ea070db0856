"""Figure: how much heatmaps change when the network's weights are made random, or another class is explained."""

import pandas as pd

from relmaps.figures.sanity import plot_sanity
from relmaps.figures.style import house_style, save_figure
from relmaps.io.jobs import job
from relmaps.io.tables import read_table


def main(*, randomisation, figures):
    """randomisation : one table per heatmap."""
    with house_style():
        save_figure(plot_sanity(pd.concat([read_table(path) for path in randomisation])), figures)


if __name__ == "__main__":
    with job(snakemake):
        main(randomisation=snakemake.input.randomisation, figures=snakemake.output)
