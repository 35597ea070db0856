"""Overlap of the heatmaps under every choice of target, pooling, normalisation and order, in every cell."""

import pandas as pd

from relmaps.io.jobs import job, progress
from relmaps.io.tables import write_table
from relmaps.overlap.arena import cells_of, files_of_arena, open_arena
from relmaps.overlap.variants import variant_rows
from relmaps.relevance.variants import read_variants


def main(variants, arena_files, table, maps, sweep):
    """`variants` : a file per map, in the order of `maps`."""
    arena = open_arena(**arena_files)
    rows = []
    for name, path in progress(list(zip(maps, variants, strict=True)), "map"):
        rows += variant_rows(name, list(read_variants(path)), arena, cells_of(sweep))
    write_table(pd.DataFrame(rows), table, "variants")


if __name__ == "__main__":
    with job(snakemake, snakemake.params.compute_threads):
        main(
            variants=snakemake.input.variants,
            arena_files=files_of_arena(snakemake.input, snakemake.params),
            table=snakemake.output.table,
            maps=snakemake.params.maps,
            sweep=snakemake.params.sweep,
        )
