"""Figure: whether the ranking of maps survives the choices of the multiverse."""

from relmaps.figures.multiverse import plot_multiverse
from relmaps.figures.style import house_style, save_figure
from relmaps.io.jobs import job
from relmaps.io.tables import read_table


def main(scores, variants, references, figures):
    with house_style():
        save_figure(plot_multiverse(read_table(scores), read_table(variants), references), figures)


if __name__ == "__main__":
    with job(snakemake):
        main(
            scores=snakemake.input.scores,
            variants=snakemake.input.variants,
            references=snakemake.params.references,
            figures=snakemake.output,
        )
