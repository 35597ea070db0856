"""Figure: performance of every model on held-out participants."""

from relmaps.figures.performance import draw_performance
from relmaps.figures.style import house_style, save_figure
from relmaps.jobs import job
from relmaps.tables import read_table


def main(performance, figures):
    with house_style():
        save_figure(draw_performance(read_table(performance)), figures)


if __name__ == "__main__":
    with job(snakemake):
        main(performance=snakemake.input.performance, figures=snakemake.output)
