"""Randomise controls to synthetic atrophy, with a severity for either side."""

from relmaps.cohort.synthetic_atrophy import randomise_atrophy
from relmaps.io.jobs import job
from relmaps.io.tables import read_table, write_table


def main(*, participants, severity, atrophy):
    write_table(randomise_atrophy(read_table(participants)["participant_id"], atrophy), severity)


if __name__ == "__main__":
    with job(snakemake):
        main(
            participants=snakemake.input.participants,
            severity=snakemake.output.severity,
            atrophy=snakemake.params.atrophy,
        )
