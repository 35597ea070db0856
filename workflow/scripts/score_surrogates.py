"""Scores of surrogate maps that are as smooth as one group map."""

from relmaps.io.jobs import job
from relmaps.overlap.bootstrap_samples import BootstrapSamples, write_samples
from relmaps.overlap.metrics import METRICS
from relmaps.overlap.scoring_space import Specification, open_scoring_space, scoring_files
from relmaps.overlap.spatial import spatial_null


def main(published, scoring_files, specifications, n_surrogates, seed, null):
    scoring_space = open_scoring_space(**scoring_files)
    values, names = scoring_space.read(published), [reference.name for reference in scoring_space.references]
    samples = {
        Specification(**specification): BootstrapSamples(
            spatial_null(values, scoring_space, Specification(**specification), n_surrogates, seed),
            names,
            list(METRICS),
        )
        for specification in specifications
    }
    write_samples(samples, null)


if __name__ == "__main__":
    with job(snakemake, snakemake.params.compute_threads):
        main(
            published=snakemake.input.published,
            scoring_files=scoring_files(snakemake.input, snakemake.params),
            specifications=snakemake.params.specifications,
            n_surrogates=snakemake.params.n_surrogates,
            seed=snakemake.params.seed,
            null=snakemake.output.null,
        )
