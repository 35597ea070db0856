"""How much of each map and of each reference lies in each region of an atlas."""

from relmaps.io.jobs import job
from relmaps.io.tables import write_table
from relmaps.overlap.regions import region_table
from relmaps.overlap.scoring_space import Specification, open_scoring_space, scoring_files
from relmaps.space.atlas import open_atlas


def main(images, scoring_files, table, maps, primary, atlas):
    """`images` : a file per map, in the order of `maps`. `atlas` : the keys of overlap.atlas."""
    scoring_space = open_scoring_space(**scoring_files)
    regions = open_atlas(atlas["image"], atlas["labels"], scoring_space.grid, atlas["affine"])
    values = {name: scoring_space.read(path) for name, path in zip(maps, images, strict=True)}
    write_table(region_table(values, scoring_space, Specification(**primary), regions), table, "regions")


if __name__ == "__main__":
    with job(snakemake, snakemake.params.compute_threads):
        main(
            images=snakemake.input.images,
            scoring_files=scoring_files(snakemake.input, snakemake.params),
            table=snakemake.output.table,
            maps=snakemake.params.maps,
            primary=snakemake.params.primary,
            atlas=snakemake.params.atlas,
        )
