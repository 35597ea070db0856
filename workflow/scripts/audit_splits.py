"""That no participant, image or, where asked, site is on two sides of a fold."""

from relmaps.classify.audit import audit_splits
from relmaps.io.files import write_json
from relmaps.io.jobs import job
from relmaps.io.tables import read_table


def main(*, splits, subjects, qc, audit, by_site, everyone_tested):
    checked = audit_splits(
        read_table(splits, required=("fold", "participant_id", "label", "role")),
        read_table(subjects, required=("participant_id", "label")),
        read_table(qc, required=("scan_id", "participant_id", "content")),
        by_site,
        everyone_tested=everyone_tested,
    )
    write_json(checked, audit)


if __name__ == "__main__":
    with job(snakemake):
        main(
            splits=snakemake.input.splits,
            subjects=snakemake.input.subjects,
            qc=snakemake.input.qc,
            audit=snakemake.output.audit,
            by_site=snakemake.params.by_site,
            everyone_tested=snakemake.params.everyone_tested,
        )
