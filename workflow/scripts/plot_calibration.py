"""Figure: reliability diagrams of predicted probabilities."""

from relmaps.figures.calibration import plot_calibration
from relmaps.figures.style import house_style, save_figure
from relmaps.io.jobs import job
from relmaps.io.tables import read_table


def main(*, calibration, performance, figures):
    with house_style():
        save_figure(plot_calibration(read_table(calibration), read_table(performance)), figures)


if __name__ == "__main__":
    with job(snakemake):
        main(
            calibration=snakemake.input.calibration,
            performance=snakemake.input.performance,
            figures=snakemake.output,
        )
