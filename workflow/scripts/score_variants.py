"""Overlap of the heatmaps under every choice of target, pooling, normalisation and order, in every specification."""

import pandas as pd

from relmaps.io.jobs import job, progress
from relmaps.io.tables import write_table
from relmaps.overlap.scoring_space import list_specifications, open_scoring_space, scoring_files
from relmaps.overlap.variants import variant_rows
from relmaps.relevance.variants import read_variants


def main(variants, scoring_files, table, maps, multiverse):
    """`variants` : a file per map, in the order of `maps`."""
    scoring_space = open_scoring_space(**scoring_files)
    rows = []
    for name, path in progress(list(zip(maps, variants, strict=True)), "map"):
        rows += variant_rows(name, list(read_variants(path)), scoring_space, list_specifications(multiverse))
    write_table(pd.DataFrame(rows), table, "variants")


if __name__ == "__main__":
    with job(snakemake, snakemake.params.compute_threads):
        main(
            variants=snakemake.input.variants,
            scoring_files=scoring_files(snakemake.input, snakemake.params),
            table=snakemake.output.table,
            maps=snakemake.params.maps,
            multiverse=snakemake.params.multiverse,
        )
