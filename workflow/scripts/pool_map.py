"""The published group map, with its sidecar that says what positive means."""

import logging

from relmaps.images import load_grid, read_mask, write_map
from relmaps.jobs import job
from relmaps.relevance.group import open_group_map, volume_of

log = logging.getLogger("relmaps")


def main(map_name, inputs, space, feature, target, pooling, normalisation, group):
    """`inputs` : the files that this map needs, by the names that open_group_map gives them."""
    group_map = open_group_map(
        map_name,
        space=space,
        feature=feature,
        target=target,
        pooling=pooling,
        normalisation=normalisation,
        **inputs,
    )
    grid = load_grid(inputs["brain_mask"], space)
    brain = read_mask(inputs["brain_mask"], grid)
    published = group_map.published()
    write_map(volume_of(published, brain, grid), group, grid, group_map.sidecar(published))
    log.info("%s: %s", map_name, group_map.meaning.polarity)


if __name__ == "__main__":
    with job(snakemake, snakemake.params.compute_threads):
        main(
            map_name=snakemake.wildcards.map,
            inputs=dict(snakemake.input.items()),
            space=snakemake.params.space,
            feature=snakemake.params.feature,
            target=snakemake.params.target,
            pooling=snakemake.params.pooling,
            normalisation=snakemake.params.normalisation,
            group=snakemake.output.group,
        )
