"""Figure: how alike maps are between seeds, folds, architectures and methods, and where they lie."""

from relmaps.figures.stability import plot_stability
from relmaps.figures.style import house_style, save_figure
from relmaps.io.jobs import job
from relmaps.io.tables import read_table


def main(*, stability, agreement, location, maps, figures):
    with house_style():
        tables = [read_table(path) for path in (stability, agreement, location)]
        save_figure(plot_stability(*tables, maps), figures)


if __name__ == "__main__":
    with job(snakemake):
        main(
            stability=snakemake.input.stability,
            agreement=snakemake.input.agreement,
            location=snakemake.input.location,
            maps=snakemake.params.maps,
            figures=snakemake.output,
        )
