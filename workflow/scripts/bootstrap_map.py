"""Scores of one group map over resampled subjects."""

from relmaps.io.jobs import job
from relmaps.io.tables import read_table
from relmaps.overlap.bootstrap import bootstrap_map, check_published
from relmaps.overlap.bootstrap_samples import write_samples
from relmaps.overlap.resampling import subject_weights
from relmaps.overlap.scoring_space import Specification, open_scoring_space, scoring_files
from relmaps.relevance.group import files_and_settings, open_group_map


def main(map_name, inputs, published, scoring_files, folds, settings, specifications, n_bootstrap, seed, samples):
    """`inputs` and `settings` : files and configuration values of open_group_map, by its names."""
    group_map = open_group_map(map_name, **inputs, **settings)
    scoring_space = open_scoring_space(**scoring_files)
    check_published(group_map, scoring_space.read(published))
    participants = read_table(inputs["subjects"])["participant_id"]
    weights = subject_weights(participants, read_table(folds), n_bootstrap, seed)
    write_samples(
        {
            Specification(**specification): bootstrap_map(
                group_map, weights, scoring_space, Specification(**specification)
            )
            for specification in specifications
        },
        samples,
    )


if __name__ == "__main__":
    with job(snakemake, snakemake.params.compute_threads):
        inputs, settings = files_and_settings(snakemake.input, snakemake.params)
        main(
            map_name=snakemake.wildcards.map,
            inputs=inputs,
            published=snakemake.input.published,
            scoring_files=scoring_files(snakemake.input, snakemake.params),
            folds=snakemake.input.folds,
            settings=settings,
            specifications=snakemake.params.specifications,
            n_bootstrap=snakemake.params.n_bootstrap,
            seed=snakemake.params.seed,
            samples=snakemake.output.samples,
        )
