"""Overlap of the maps of models that were trained on shuffled labels."""

import numpy as np

from relmaps.io.jobs import job
from relmaps.io.tables import write_table
from relmaps.overlap.arena import Cell, files_of_arena, open_arena
from relmaps.overlap.metrics import CURVE_METRICS
from relmaps.overlap.permuted import permuted_table
from relmaps.overlap.spatial import spatial_null

FIELDS = 99  # enough to count p below .05, for there are many maps


def main(maps, arena_files, table, permutations, headline, seed):
    """`maps` : a file per permutation, in the order of `permutations`."""
    arena, headline = open_arena(**arena_files), Cell(**headline)
    found = {}
    for permutation, path in zip(permutations, maps, strict=True):
        with np.load(path, allow_pickle=False) as file:
            found[str(permutation)] = dict(file)

    def null_of(values):
        return spatial_null(values, arena, headline, FIELDS, seed, CURVE_METRICS.values())

    write_table(permuted_table(found, arena, headline, null_of), table, "permuted")


if __name__ == "__main__":
    with job(snakemake, snakemake.params.compute_threads):
        main(
            maps=snakemake.input.maps,
            arena_files=files_of_arena(snakemake.input, snakemake.params),
            table=snakemake.output.table,
            permutations=snakemake.params.permutations,
            headline=snakemake.params.headline,
            seed=snakemake.params.seed,
        )
