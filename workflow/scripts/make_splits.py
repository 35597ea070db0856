"""Cross-validation folds with one inner validation part each, or everybody tested where finished models are applied."""

from relmaps.classify.splits import split_external, split_subjects
from relmaps.io.jobs import job
from relmaps.io.tables import read_table, write_table


def main(*, subjects, splits, folds, validation_fraction, group_by_site, seed, external_folds):
    """external_folds : names of the folds of the finished models, or None where the study trains its own."""
    table = read_table(subjects, required=("participant_id", "label"))
    if external_folds is None:
        roles = split_subjects(table, folds, validation_fraction, seed, group_by_site)
    else:
        roles = split_external(table, external_folds)
    write_table(roles, splits, schema="splits")


if __name__ == "__main__":
    with job(snakemake):
        main(
            subjects=snakemake.input.subjects,
            splits=snakemake.output.splits,
            folds=snakemake.params.folds,
            validation_fraction=snakemake.params.validation_fraction,
            group_by_site=snakemake.params.group_by_site,
            seed=snakemake.params.seed,
            external_folds=snakemake.params.external_folds,
        )
