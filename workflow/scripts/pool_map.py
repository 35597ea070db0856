"""The published group map, with its sidecar that says what positive means."""

import logging

from relmaps.io.images import load_grid, read_mask, write_map
from relmaps.io.jobs import job
from relmaps.relevance.group import files_and_settings, open_group_map

log = logging.getLogger("relmaps")


def main(map_name, inputs, settings, group):
    """`inputs` and `settings` : files and configuration values of open_group_map, by its names."""
    group_map = open_group_map(map_name, **inputs, **settings)
    grid = load_grid(inputs["brain_mask"], settings["space"])
    brain = read_mask(inputs["brain_mask"], grid)
    published = group_map.published()
    write_map(grid.make_volume(published, brain), group, grid, group_map.sidecar(published))
    log.info("%s: %s", map_name, group_map.semantics.polarity)


if __name__ == "__main__":
    with job(snakemake, snakemake.params.compute_threads):
        inputs, settings = files_and_settings(snakemake.input, snakemake.params)
        main(
            map_name=snakemake.wildcards.map,
            inputs=inputs,
            settings=settings,
            group=snakemake.output.group,
        )
