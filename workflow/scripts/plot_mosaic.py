"""A picture of every registered scan; titles are numbers, so that nobody is identified."""

from relmaps.io.images import load_grid, read_map
from relmaps.io.jobs import job
from relmaps.io.tables import read_table
from relmaps.preprocess.mosaic import make_tiles, plot_mosaic


def main(*, qc, subjects, gm, mosaic, derivatives, space):
    grid = load_grid(gm, space)
    tiles = make_tiles(read_table(qc), read_table(subjects), derivatives, space)
    plot_mosaic(tiles, read_map(gm, grid), grid, mosaic)


if __name__ == "__main__":
    with job(snakemake):
        main(
            qc=snakemake.input.qc,
            subjects=snakemake.input.subjects,
            gm=snakemake.input.gm,
            mosaic=snakemake.output.mosaic,
            derivatives=snakemake.params.derivatives,
            space=snakemake.params.space,
        )
