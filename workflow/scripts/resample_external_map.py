"""An external map on the study's grid, with its sidecar that says what positive means."""

import logging

from relmaps.io.images import load_grid, read_mask, write_map
from relmaps.io.jobs import job
from relmaps.relevance.external import describe_external_map, read_external_map

log = logging.getLogger("relmaps")


def main(map_name, image, brain_mask, space, polarity, affine, description, group):
    grid = load_grid(brain_mask, space)
    data, note = read_external_map(image, polarity, grid, read_mask(brain_mask, grid), affine)
    sidecar = describe_external_map(map_name, image, description, note)
    write_map(data, group, grid, sidecar)
    log.info("%s: %s", map_name, sidecar["polarity"])


if __name__ == "__main__":
    with job(snakemake):
        main(
            map_name=snakemake.wildcards.map,
            image=snakemake.input.image,
            brain_mask=snakemake.input.brain_mask,
            space=snakemake.params.space,
            polarity=snakemake.params.polarity,
            affine=snakemake.params.affine,
            description=snakemake.params.description,
            group=snakemake.output.group,
        )
