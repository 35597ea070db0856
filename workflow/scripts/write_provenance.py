"""What the study was made from: settings, inputs, code and software."""

from relmaps.io.files import write_json
from relmaps.io.jobs import job
from relmaps.io.tables import read_table
from relmaps.study.provenance import make_provenance


def main(scans, inputs, config, code, provenance):
    write_json(make_provenance(config, read_table(scans), inputs, code), provenance)


if __name__ == "__main__":
    with job(snakemake):
        main(
            scans=snakemake.input.scans,
            inputs=dict(zip(snakemake.params.references, snakemake.input.evidence, strict=True)),
            config=snakemake.params.config,
            code=snakemake.params.code,
            provenance=snakemake.output.provenance,
        )
