"""Group maps of one heatmap method under every other choice of target, pooling, normalisation and order."""

from itertools import product

import numpy as np

from relmaps.io.files import replacing
from relmaps.io.jobs import job, progress
from relmaps.relevance.group import open_group_map
from relmaps.relevance.variants import CHOICES, RECTIFIED, write_variants


def main(map_name, inputs, space, feature, multiverse, variants):
    """`multiverse` : lists of target, pooling, normalisation and order. `inputs` : as in pool_map."""
    choices, maps = [], []
    for target, pooling, normalisation, order in progress(
        list(product(*(multiverse[key] for key in CHOICES))), "variant"
    ):
        for rectify in RECTIFIED[order]:
            group_map = open_group_map(
                map_name,
                space=space,
                feature=feature,
                target=target,
                pooling=pooling,
                normalisation=normalisation,
                rectify=rectify,
                **inputs,
            )
            choices.append((target, pooling, normalisation, order, rectify))
            maps.append(group_map.published())
    with replacing(variants) as temporary:
        write_variants(temporary, choices, np.array(maps))


if __name__ == "__main__":
    with job(snakemake, snakemake.params.compute_threads):
        main(
            map_name=snakemake.wildcards.map,
            inputs=dict(snakemake.input.items()),
            space=snakemake.params.space,
            feature=snakemake.params.feature,
            multiverse=snakemake.params.multiverse,
            variants=snakemake.output.variants,
        )
