"""Figure: overlap of maps by the model that they explain and the method that explains it."""

from relmaps.figures.model_by_method import plot_model_by_method
from relmaps.figures.style import house_style, save_figure
from relmaps.io.jobs import job
from relmaps.io.tables import read_table


def main(scores, references, figures):
    with house_style():
        save_figure(plot_model_by_method(read_table(scores), references), figures)


if __name__ == "__main__":
    with job(snakemake):
        main(
            scores=snakemake.input.scores,
            references=snakemake.params.references,
            figures=snakemake.output,
        )
