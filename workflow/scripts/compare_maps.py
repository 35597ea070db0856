"""Paired comparisons of all maps at the headline."""

from relmaps.io.jobs import job
from relmaps.io.tables import read_table, write_table
from relmaps.overlap.comparisons import comparison_table
from relmaps.overlap.draws import read_draws


def main(scores, retraining, drawn, draws, confidence, comparisons):
    """`draws` : one file per map of `drawn`; others do not depend on the subjects."""
    by_map = {name: read_draws(path) for name, path in zip(drawn, draws, strict=True)}
    table = comparison_table(read_table(scores), by_map, confidence, read_table(retraining))
    write_table(table, comparisons, "comparisons")


if __name__ == "__main__":
    with job(snakemake, snakemake.params.compute_threads):
        main(
            scores=snakemake.input.scores,
            retraining=snakemake.input.retraining,
            drawn=snakemake.params.drawn,
            draws=snakemake.input.draws,
            confidence=snakemake.params.confidence,
            comparisons=snakemake.output.comparisons,
        )
