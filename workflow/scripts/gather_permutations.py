"""Performance on permuted labels, all permutations in one table."""

from relmaps.classify.permutation import null_table
from relmaps.io.jobs import job
from relmaps.io.tables import read_table, write_table


def main(*, performances, permutations, null):
    """`performances` : performance.tsv of each permutation, in the order of `permutations`."""
    tables = {str(seed): read_table(path) for seed, path in zip(permutations, performances, strict=True)}
    write_table(null_table(tables), null, "permutations")


if __name__ == "__main__":
    with job(snakemake):
        main(
            performances=snakemake.input.performances,
            permutations=snakemake.params.permutations,
            null=snakemake.output.null,
        )
