"""Put the packaged template on the study's grid."""

from pathlib import Path

from relmaps.jobs import job
from relmaps.preprocess.template import write_template


def main(*, folder, space, voxel_mm):
    write_template(voxel_mm, space, folder)


if __name__ == "__main__":
    with job(snakemake):
        main(
            folder=Path(snakemake.output.t1).parent,
            space=snakemake.params.space,
            voxel_mm=snakemake.params.voxel_mm,
        )
