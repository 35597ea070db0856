"""Who the study uses, and a reason for everyone else."""

from relmaps.jobs import job, log
from relmaps.preprocess.subjects import select_subjects
from relmaps.tables import read_table, write_table


def main(*, participants, left_out, qc, subjects, exclusions, minimum_similarity, on_bad_scan):
    used, excluded = select_subjects(
        read_table(participants), read_table(qc), read_table(left_out), minimum_similarity, on_bad_scan
    )
    log.info("%d subjects, %d excluded", len(used), len(excluded))
    write_table(used, subjects, "subjects")
    write_table(excluded, exclusions, "exclusions")


if __name__ == "__main__":
    with job(snakemake):
        main(
            participants=snakemake.input.participants,
            left_out=snakemake.input.left_out,
            qc=snakemake.input.qc,
            subjects=snakemake.output.subjects,
            exclusions=snakemake.output.exclusions,
            minimum_similarity=snakemake.params.minimum_similarity,
            on_bad_scan=snakemake.params.on_bad_scan,
        )
