"""Draw who of the controls is given the disease, and how strongly on either side."""

from relmaps.cohort.injection import draw_injection
from relmaps.io.jobs import job
from relmaps.io.tables import read_table, write_table


def main(*, participants, severity, injection):
    write_table(draw_injection(read_table(participants)["participant_id"], injection), severity)


if __name__ == "__main__":
    with job(snakemake):
        main(
            participants=snakemake.input.participants,
            severity=snakemake.output.severity,
            injection=snakemake.params.injection,
        )
