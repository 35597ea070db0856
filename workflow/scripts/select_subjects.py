"""Who the study uses, and a reason for everyone else."""

from relmaps.classify.permutation import permute_labels
from relmaps.io.jobs import job, log
from relmaps.io.tables import read_table, write_table
from relmaps.preprocess.subjects import read_exclusion_list, select_subjects


def main(*, participants, left_out, qc, exclusion_list, subjects, exclusions, exclude_on, on_bad_scan, permutation):
    people = read_table(participants)
    rows, others = read_table(qc), read_table(left_out)
    listed = read_exclusion_list(exclusion_list, rows, others) if exclusion_list else {}
    used, excluded = select_subjects(people, rows, others, exclude_on, on_bad_scan, listed)
    log.info("%d subjects, %d excluded", len(used), len(excluded))
    if permutation is not None:
        log.info("labels are permuted with seed %d", permutation)
        used = permute_labels(used, permutation)
    write_table(used, subjects, "subjects")
    write_table(excluded, exclusions, "exclusions")


if __name__ == "__main__":
    with job(snakemake):
        main(
            participants=snakemake.input.participants,
            left_out=snakemake.input.left_out,
            qc=snakemake.input.qc,
            exclusion_list=snakemake.input.exclusion_list,  # an empty list where there is none
            subjects=snakemake.output.subjects,
            exclusions=snakemake.output.exclusions,
            exclude_on=snakemake.params.exclude_on,
            on_bad_scan=snakemake.params.on_bad_scan,
            permutation=snakemake.params.permutation,
        )
