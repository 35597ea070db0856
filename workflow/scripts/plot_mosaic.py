"""A picture of every registered scan; titles are numbers, so that nobody is identified."""

from relmaps.images import load_grid, read_map
from relmaps.jobs import job
from relmaps.preprocess.derivatives import derivatives_of, scan_of
from relmaps.preprocess.mosaic import plot_mosaic
from relmaps.tables import read_table


def main(*, subjects, gm, mosaic, derivatives, space):
    grid = load_grid(gm, space)
    rows = read_table(subjects).itertuples()
    scans = {str(number): derivatives_of(scan_of(row), derivatives, space) for number, row in enumerate(rows, 1)}
    plot_mosaic(scans, read_map(gm, grid), grid, mosaic)


if __name__ == "__main__":
    with job(snakemake):
        main(
            subjects=snakemake.input.subjects,
            gm=snakemake.input.gm,
            mosaic=snakemake.output.mosaic,
            derivatives=snakemake.params.derivatives,
            space=snakemake.params.space,
        )
