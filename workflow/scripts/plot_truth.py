"""Figure: overlap with the meta-analysis against overlap with the ground truth."""

from relmaps.figures.style import house_style, save_figure
from relmaps.figures.truth import plot_truth
from relmaps.io.jobs import job
from relmaps.io.tables import read_table


def main(scores, references, figures):
    truth = "truth" if "truth" in references else None
    with house_style():
        save_figure(plot_truth(read_table(scores), truth, references), figures)


if __name__ == "__main__":
    with job(snakemake):
        main(scores=snakemake.input.scores, references=snakemake.params.references, figures=snakemake.output)
