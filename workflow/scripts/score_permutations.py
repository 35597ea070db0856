"""Overlap of the maps of models that were trained on permuted labels."""

import numpy as np

from relmaps.io.jobs import job
from relmaps.io.tables import write_table
from relmaps.overlap.metrics import CURVE_METRICS
from relmaps.overlap.permuted import permuted_table
from relmaps.overlap.scoring_space import Specification, open_scoring_space, scoring_files
from relmaps.overlap.spatial import spatial_null

FIELDS = 99  # enough to count p below .05, for there are many maps


def main(maps, scoring_files, table, permutations, primary, seed):
    """`maps` : a file per permutation, in the order of `permutations`."""
    scoring_space, primary = open_scoring_space(**scoring_files), Specification(**primary)
    found = {}
    for permutation, path in zip(permutations, maps, strict=True):
        with np.load(path, allow_pickle=False) as file:
            found[str(permutation)] = dict(file)

    def compute_null(values):
        return spatial_null(values, scoring_space, primary, FIELDS, seed, CURVE_METRICS.values())

    write_table(permuted_table(found, scoring_space, primary, compute_null), table, "permuted")


if __name__ == "__main__":
    with job(snakemake, snakemake.params.compute_threads):
        main(
            maps=snakemake.input.maps,
            scoring_files=scoring_files(snakemake.input, snakemake.params),
            table=snakemake.output.table,
            permutations=snakemake.params.permutations,
            primary=snakemake.params.primary,
            seed=snakemake.params.seed,
        )
