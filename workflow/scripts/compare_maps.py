"""Paired comparisons of all maps."""

from relmaps.io.jobs import job
from relmaps.io.tables import read_table, write_table
from relmaps.overlap.bootstrap_samples import read_samples
from relmaps.overlap.comparisons import comparison_table


def main(scores, resampled, samples, confidence, comparisons):
    """`samples` : one file per map of `resampled`; others do not depend on the subjects."""
    by_map = {name: read_samples(path) for name, path in zip(resampled, samples, strict=True)}
    table = comparison_table(read_table(scores), by_map, confidence)
    write_table(table, comparisons, "comparisons")


if __name__ == "__main__":
    with job(snakemake, snakemake.params.compute_threads):
        main(
            scores=snakemake.input.scores,
            resampled=snakemake.params.resampled,
            samples=snakemake.input.samples,
            confidence=snakemake.params.confidence,
            comparisons=snakemake.output.comparisons,
        )
