"""Figure: how well the scans were registered and segmented."""

from relmaps.figures.quality import plot_quality
from relmaps.figures.style import house_style, save_figure
from relmaps.io.jobs import job
from relmaps.io.tables import read_table


def main(qc, participants, subjects, exclude_on, figures):
    with house_style():
        tables = [read_table(path) for path in (qc, participants, subjects)]
        save_figure(plot_quality(*tables, exclude_on), figures)


if __name__ == "__main__":
    with job(snakemake):
        main(
            qc=snakemake.input.qc,
            participants=snakemake.input.participants,
            subjects=snakemake.input.subjects,
            exclude_on=snakemake.params.exclude_on,
            figures=snakemake.output,
        )
