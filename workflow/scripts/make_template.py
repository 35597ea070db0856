"""Put the template on the study's grid."""

from pathlib import Path

from relmaps.io.jobs import job
from relmaps.preprocess.template import write_template


def main(*, folder, space, template):
    write_template(template["voxel_mm"], space, folder, template["box"], template["images"])


if __name__ == "__main__":
    with job(snakemake):
        main(
            folder=Path(snakemake.output.t1).parent,
            space=snakemake.params.space,
            template=snakemake.params.template,
        )
