"""Overlap of the heatmaps under every choice of target, pooling, normalisation and order, in every cell."""

import pandas as pd

from relmaps.jobs import job, progress
from relmaps.overlap.arena import cells_of, open_arena
from relmaps.overlap.variants import variant_rows
from relmaps.relevance.variants import read_variants
from relmaps.tables import write_table


def main(variants, brain_mask, gm_mask, reference_masks, reference_sidecars, table, space, maps, references, sweep):
    """`variants` : a file per map, in the order of `maps`."""
    arena = open_arena(brain_mask, gm_mask, space, references, reference_masks, reference_sidecars)
    rows = []
    for name, path in progress(list(zip(maps, variants, strict=True)), "map"):
        rows += variant_rows(name, list(read_variants(path)), arena, cells_of(sweep))
    write_table(pd.DataFrame(rows), table, "variants")


if __name__ == "__main__":
    with job(snakemake, snakemake.params.compute_threads):
        main(
            variants=snakemake.input.variants,
            brain_mask=snakemake.input.brain_mask,
            gm_mask=snakemake.input.gm_mask,
            reference_masks=snakemake.input.reference_masks,
            reference_sidecars=snakemake.input.reference_sidecars,
            table=snakemake.output.table,
            space=snakemake.params.space,
            maps=snakemake.params.maps,
            references=snakemake.params.references,
            sweep=snakemake.params.sweep,
        )
