"""Sample the simulated participants; write the tables of its BIDS dataset and, apart from it, the true severities."""

import shutil
from pathlib import Path

from relmaps.cohort.participants import sample_participants
from relmaps.io.files import write_json
from relmaps.io.jobs import job
from relmaps.io.tables import write_table


def main(*, participants, description, severity, n_scans, median_severity, severity_spread, seed):
    people = sample_participants(n_scans, median_severity, severity_spread, seed)
    for folder in Path(participants).parent.glob("sub-*"):  # of an earlier, larger cohort under the same name
        if folder.name not in set(people["participant_id"]):
            shutil.rmtree(folder)
    write_table(people[["participant_id", "age", "sex", "diagnosis"]], participants)
    write_table(people, severity)
    write_json(
        {
            "Name": f"Simulated T1-weighted scans with ground truth (seed {seed})",
            "BIDSVersion": "1.10.0",
            "DatasetType": "raw",
            "License": "CC0",
            "GeneratedBy": [{"Name": "relmaps", "Description": "relmaps.simulation.simulate"}],
        },
        description,
    )


if __name__ == "__main__":
    with job(snakemake):
        main(
            participants=snakemake.output.participants,
            description=snakemake.output.description,
            severity=snakemake.output.severity,
            n_scans=snakemake.params.n_scans,
            median_severity=snakemake.params.severity,
            severity_spread=snakemake.params.severity_spread,
            seed=snakemake.params.seed,
        )
