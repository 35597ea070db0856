"""Figure: performance of every model on held-out participants."""

from relmaps.figures.performance import plot_performance
from relmaps.figures.style import house_style, save_figure
from relmaps.io.jobs import job
from relmaps.io.tables import read_table


def main(*, performance, figures, null=None):
    """null : performance on permuted labels, if it was made."""
    shuffled = None if null is None else read_table(null)
    with house_style():
        save_figure(plot_performance(read_table(performance), shuffled), figures)


if __name__ == "__main__":
    with job(snakemake):
        main(
            performance=snakemake.input.performance,
            figures=snakemake.output,
            null=next(iter(snakemake.input.null), None),  # none without label permutations
        )
