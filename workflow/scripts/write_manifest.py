"""What the finished study consists of: a hash of every published file, times and devices."""

from pathlib import Path

from relmaps.io.files import write_json
from relmaps.io.jobs import job
from relmaps.study.manifest import make_manifest


def main(manifest):
    """manifest : the file to write; it tells of the folder that it lies in."""
    write_json(make_manifest(Path(manifest).parent), manifest)


if __name__ == "__main__":
    with job(snakemake):
        main(manifest=snakemake.output.manifest)
