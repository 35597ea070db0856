"""How the overlap of one map grows with the size of the cohort and with the severity of the disease."""

from relmaps.io.jobs import job
from relmaps.io.tables import read_table, write_table
from relmaps.overlap.arena import Cell, files_of_arena, open_arena
from relmaps.overlap.bootstrap import check_published
from relmaps.overlap.growth import growth_table, severity_levels, size_levels
from relmaps.relevance.group import files_and_settings, open_group_map


def main(*, map_name, inputs, published, arena_files, folds, severity, settings, headline, fractions, replicates, seed,
         table):  # fmt: skip
    """`inputs` and `settings` : files and configuration values of open_group_map, by its names. `severity` : the table
    that knows it, or empty."""
    group_map = open_group_map(map_name, **inputs, **settings)
    arena = open_arena(**arena_files)
    check_published(group_map, arena.read(published))
    subjects, splits = read_table(inputs["subjects"]), read_table(folds)
    cohort = (subjects["participant_id"], splits)
    levels = size_levels(*cohort, fractions, replicates, seed)
    if severity:
        levels += severity_levels(*cohort, read_table(severity), replicates, seed)
    grown = growth_table(group_map, levels, subjects["label"].to_numpy(), arena, Cell(**headline))
    write_table(grown, table, "growth")


if __name__ == "__main__":
    with job(snakemake, snakemake.params.compute_threads):
        inputs, settings = files_and_settings(snakemake.input, snakemake.params)
        main(
            map_name=snakemake.wildcards.map,
            inputs=inputs,
            published=snakemake.input.published,
            arena_files=files_of_arena(snakemake.input, snakemake.params),
            folds=snakemake.input.folds,
            severity=snakemake.input.severity,
            settings=settings,
            headline=snakemake.params.headline,
            fractions=snakemake.params.fractions,
            replicates=snakemake.params.replicates,
            seed=snakemake.params.seed,
            table=snakemake.output.table,
        )
