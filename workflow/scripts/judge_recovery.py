"""Which maps recover the ground truth."""

import logging

from relmaps.io.jobs import job
from relmaps.io.tables import read_table, write_table
from relmaps.overlap.recovery import recovery_table

log = logging.getLogger("relmaps")


def main(scores, comparisons, baselines, unjudged, recovery):
    table = recovery_table(read_table(scores), read_table(comparisons), baselines, unjudged)
    write_table(table, recovery, "recovery")
    log.info("recover the ground truth: %s", ", ".join(table.loc[table["recovered"] == "true", "map"]) or "none")


if __name__ == "__main__":
    with job(snakemake):
        main(
            scores=snakemake.input.scores,
            comparisons=snakemake.input.comparisons,
            baselines=snakemake.params.baselines,
            unjudged=snakemake.params.unjudged,
            recovery=snakemake.output.recovery,
        )
