"""Figure: how well the scans were registered and segmented."""

from relmaps.figures.quality import draw_quality
from relmaps.figures.style import house_style, save_figure
from relmaps.jobs import job
from relmaps.tables import read_table


def main(qc, participants, subjects, minimum_similarity, figures):
    with house_style():
        tables = [read_table(path) for path in (qc, participants, subjects)]
        save_figure(draw_quality(*tables, minimum_similarity), figures)


if __name__ == "__main__":
    with job(snakemake):
        main(
            qc=snakemake.input.qc,
            participants=snakemake.input.participants,
            subjects=snakemake.input.subjects,
            minimum_similarity=snakemake.params.minimum_similarity,
            figures=snakemake.output,
        )
