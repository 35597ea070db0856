"""Figure: in which regions maps and references lie."""

from relmaps.figures.regions import plot_regions
from relmaps.figures.style import house_style, save_figure
from relmaps.io.jobs import job
from relmaps.io.tables import read_table


def main(regions, maps, references, figures):
    with house_style():
        save_figure(plot_regions(read_table(regions), maps, references), figures)


if __name__ == "__main__":
    with job(snakemake):
        main(
            regions=snakemake.input.regions,
            maps=snakemake.params.maps,
            references=snakemake.params.references,
            figures=snakemake.output,
        )
