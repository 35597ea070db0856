"""How much of each map and of each reference lies in each region of an atlas."""

from relmaps.io.jobs import job
from relmaps.io.tables import write_table
from relmaps.overlap.arena import Cell, files_of_arena, open_arena
from relmaps.overlap.regions import region_table
from relmaps.space.atlas import open_atlas


def main(images, arena_files, table, maps, headline, atlas):
    """`images` : a file per map, in the order of `maps`. `atlas` : `image` and `labels` as in overlap.atlas."""
    arena = open_arena(**arena_files)
    regions = open_atlas(atlas["image"], atlas["labels"], arena.grid)
    values = {name: arena.read(path) for name, path in zip(maps, images, strict=True)}
    write_table(region_table(values, arena, Cell(**headline), regions), table, "regions")


if __name__ == "__main__":
    with job(snakemake, snakemake.params.compute_threads):
        main(
            images=snakemake.input.images,
            arena_files=files_of_arena(snakemake.input, snakemake.params),
            table=snakemake.output.table,
            maps=snakemake.params.maps,
            headline=snakemake.params.headline,
            atlas=snakemake.params.atlas,
        )
