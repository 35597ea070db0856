"""Headline scores of random fields that are as smooth as one group map."""

from relmaps.jobs import job
from relmaps.overlap.arena import Cell, files_of_arena, open_arena
from relmaps.overlap.draws import Draws
from relmaps.overlap.metrics import METRICS
from relmaps.overlap.spatial import spatial_null


def main(published, arena_files, headline, n_fields, seed, null):
    arena = open_arena(**arena_files)
    scores = spatial_null(arena.read(published), arena, Cell(**headline), n_fields, seed)
    Draws(scores, [reference.name for reference in arena.references], list(METRICS)).write(null)


if __name__ == "__main__":
    with job(snakemake, snakemake.params.compute_threads):
        main(
            published=snakemake.input.published,
            arena_files=files_of_arena(snakemake.input, snakemake.params),
            headline=snakemake.params.headline,
            n_fields=snakemake.params.n_fields,
            seed=snakemake.params.seed,
            null=snakemake.output.null,
        )
