"""Figure: overlap of the map of every single training."""

from relmaps.figures.style import house_style, save_figure
from relmaps.figures.trainings import plot_trainings
from relmaps.io.jobs import job
from relmaps.io.tables import read_table


def main(retraining, scores, references, figures):
    with house_style():
        save_figure(plot_trainings(read_table(retraining), read_table(scores), references), figures)


if __name__ == "__main__":
    with job(snakemake):
        main(
            retraining=snakemake.input.retraining,
            scores=snakemake.input.scores,
            references=snakemake.params.references,
            figures=snakemake.output,
        )
