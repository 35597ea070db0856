"""Figure: scans found, left out and used, and the ages of those used."""

from relmaps.figures.cohort import plot_cohort
from relmaps.figures.style import house_style, save_figure
from relmaps.io.jobs import job
from relmaps.io.tables import read_table


def main(participants, scans, exclusions, subjects, figures):
    with house_style():
        tables = [read_table(path) for path in (participants, scans, exclusions, subjects)]
        save_figure(plot_cohort(*tables), figures)


if __name__ == "__main__":
    with job(snakemake):
        main(
            participants=snakemake.input.participants,
            scans=snakemake.input.scans,
            exclusions=snakemake.input.exclusions,
            subjects=snakemake.input.subjects,
            figures=snakemake.output,
        )
