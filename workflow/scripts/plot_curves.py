"""Figure: Dice against the fraction of voxels kept, and ROC, for every map and reference."""

from relmaps.figures.curves import plot_curves
from relmaps.figures.style import house_style, save_figure
from relmaps.io.jobs import job
from relmaps.io.tables import read_table


def main(curves, maps, references, figures):
    with house_style():
        save_figure(plot_curves(read_table(curves), maps, references), figures)


if __name__ == "__main__":
    with job(snakemake):
        main(
            curves=snakemake.input.curves,
            maps=snakemake.params.maps,
            references=snakemake.params.references,
            figures=snakemake.output,
        )
