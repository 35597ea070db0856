"""Overlap of one map against the size of the cohort and the severity of the disease."""

from relmaps.io.jobs import job
from relmaps.io.tables import read_table, write_table
from relmaps.overlap.bootstrap import check_published
from relmaps.overlap.sample_size_curve import sample_size_table, severity_levels, size_levels
from relmaps.overlap.scoring_space import Specification, open_scoring_space, scoring_files
from relmaps.relevance.group import files_and_settings, open_group_map


def main(*, map_name, inputs, published, scoring_files, folds, severity, settings, primary, fractions, replicates, seed,
         table):  # fmt: skip
    """`inputs` and `settings` : files and configuration values of open_group_map, by its names. `severity` : the table
    that knows it, or empty."""
    group_map = open_group_map(map_name, **inputs, **settings)
    scoring_space = open_scoring_space(**scoring_files)
    check_published(group_map, scoring_space.read(published))
    subjects, splits = read_table(inputs["subjects"]), read_table(folds)
    cohort = (subjects["participant_id"], splits)
    levels = size_levels(*cohort, fractions, replicates, seed)
    if severity:
        levels += severity_levels(*cohort, read_table(severity), replicates, seed)
    grown = sample_size_table(group_map, levels, subjects["label"].to_numpy(), scoring_space, Specification(**primary))
    write_table(grown, table, "sample_size_curve")


if __name__ == "__main__":
    with job(snakemake, snakemake.params.compute_threads):
        inputs, settings = files_and_settings(snakemake.input, snakemake.params)
        main(
            map_name=snakemake.wildcards.map,
            inputs=inputs,
            published=snakemake.input.published,
            scoring_files=scoring_files(snakemake.input, snakemake.params),
            folds=snakemake.input.folds,
            severity=snakemake.input.severity,
            settings=settings,
            primary=snakemake.params.primary,
            fractions=snakemake.params.fractions,
            replicates=snakemake.params.replicates,
            seed=snakemake.params.seed,
            table=snakemake.output.table,
        )
