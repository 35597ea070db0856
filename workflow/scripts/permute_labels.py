"""The study's subjects with permuted labels."""

from relmaps.classify.permutation import permute_labels
from relmaps.io.jobs import job
from relmaps.io.tables import read_table, write_table


def main(*, subjects, permuted, permutation):
    write_table(permute_labels(read_table(subjects), permutation), permuted, "subjects")


if __name__ == "__main__":
    with job(snakemake):
        main(
            subjects=snakemake.input.subjects,
            permuted=snakemake.output.subjects,
            permutation=int(snakemake.wildcards.permutation),
        )
