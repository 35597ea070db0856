"""Figure: all maps ranked by their overlap in the primary analysis, with intervals."""

from relmaps.figures.ranking import plot_ranking
from relmaps.figures.style import house_style, save_figure
from relmaps.io.jobs import job
from relmaps.io.tables import read_table


def main(scores, references, figures):
    with house_style():
        save_figure(plot_ranking(read_table(scores), references), figures)


if __name__ == "__main__":
    with job(snakemake):
        main(scores=snakemake.input.scores, references=snakemake.params.references, figures=snakemake.output)
