"""Scores of random fields that are as smooth as one group map."""

from relmaps.io.jobs import job
from relmaps.overlap.arena import Cell, files_of_arena, open_arena
from relmaps.overlap.draws import Draws, write_draws
from relmaps.overlap.metrics import METRICS
from relmaps.overlap.spatial import spatial_null


def main(published, arena_files, cells, n_fields, seed, null):
    arena = open_arena(**arena_files)
    values, names = arena.read(published), [reference.name for reference in arena.references]
    draws = {
        Cell(**cell): Draws(spatial_null(values, arena, Cell(**cell), n_fields, seed), names, list(METRICS))
        for cell in cells
    }
    write_draws(draws, null)


if __name__ == "__main__":
    with job(snakemake, snakemake.params.compute_threads):
        main(
            published=snakemake.input.published,
            arena_files=files_of_arena(snakemake.input, snakemake.params),
            cells=snakemake.params.cells,
            n_fields=snakemake.params.n_fields,
            seed=snakemake.params.seed,
            null=snakemake.output.null,
        )
