"""Overlap of the maps of models that were trained on shuffled labels."""

import numpy as np

from relmaps.jobs import job
from relmaps.overlap.arena import Cell, open_arena
from relmaps.overlap.permuted import permuted_table
from relmaps.tables import write_table


def main(maps, brain_mask, gm_mask, reference_masks, reference_sidecars, table,
         permutations, space, references, headline):  # fmt: skip
    """`maps` : a file per permutation, in the order of `permutations`."""
    arena = open_arena(brain_mask, gm_mask, space, references, reference_masks, reference_sidecars)
    found = {}
    for permutation, path in zip(permutations, maps, strict=True):
        with np.load(path, allow_pickle=False) as file:
            found[str(permutation)] = dict(file)
    write_table(permuted_table(found, arena, Cell(**headline)), table, "permuted")


if __name__ == "__main__":
    with job(snakemake, snakemake.params.compute_threads):
        main(
            maps=snakemake.input.maps,
            brain_mask=snakemake.input.brain_mask,
            gm_mask=snakemake.input.gm_mask,
            reference_masks=snakemake.input.reference_masks,
            reference_sidecars=snakemake.input.reference_sidecars,
            table=snakemake.output.table,
            permutations=snakemake.params.permutations,
            space=snakemake.params.space,
            references=snakemake.params.references,
            headline=snakemake.params.headline,
        )
