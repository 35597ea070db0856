"""Cross-validation folds with one inner validation part each."""

from relmaps.classify.splits import split_subjects
from relmaps.jobs import job
from relmaps.tables import read_table, write_table


def main(subjects, splits, folds, validation_fraction, seed):
    table = read_table(subjects, required=("participant_id", "label"))
    write_table(split_subjects(table, folds, validation_fraction, seed), splits, schema="splits")


if __name__ == "__main__":
    with job(snakemake):
        main(
            subjects=snakemake.input.subjects,
            splits=snakemake.output.splits,
            folds=snakemake.params.folds,
            validation_fraction=snakemake.params.validation_fraction,
            seed=snakemake.params.seed,
        )
