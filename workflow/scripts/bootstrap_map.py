"""Scores of one group map over resampled subjects."""

from relmaps.io.jobs import job
from relmaps.io.tables import read_table
from relmaps.overlap.arena import Cell, files_of_arena, open_arena
from relmaps.overlap.bootstrap import bootstrap_map, check_published
from relmaps.overlap.draws import write_draws
from relmaps.overlap.resampling import subject_weights
from relmaps.relevance.group import files_and_settings, open_group_map


def main(map_name, inputs, published, arena_files, folds, settings, cells, n_draws, seed, draws):
    """`inputs` and `settings` : files and configuration values of open_group_map, by its names."""
    group_map = open_group_map(map_name, **inputs, **settings)
    arena = open_arena(**arena_files)
    check_published(group_map, arena.read(published))
    participants = read_table(inputs["subjects"])["participant_id"]
    weights = subject_weights(participants, read_table(folds), n_draws, seed)
    write_draws({Cell(**cell): bootstrap_map(group_map, weights, arena, Cell(**cell)) for cell in cells}, draws)


if __name__ == "__main__":
    with job(snakemake, snakemake.params.compute_threads):
        inputs, settings = files_and_settings(snakemake.input, snakemake.params)
        main(
            map_name=snakemake.wildcards.map,
            inputs=inputs,
            published=snakemake.input.published,
            arena_files=files_of_arena(snakemake.input, snakemake.params),
            folds=snakemake.input.folds,
            settings=settings,
            cells=snakemake.params.cells,
            n_draws=snakemake.params.n_draws,
            seed=snakemake.params.seed,
            draws=snakemake.output.draws,
        )
