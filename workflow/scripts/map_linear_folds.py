"""A linear model's weights or pattern of each fold, refitted on all subjects outside its test part."""

from relmaps.io.images import load_grid, read_mask, write_map
from relmaps.io.jobs import job
from relmaps.relevance.group import open_group_map


def main(map_name, inputs, space, feature, fold_maps):
    """`inputs` : as of pool_map. `fold_maps` : one path per fold, in the order of the folds."""
    group_map = open_group_map(map_name, space=space, feature=feature, pooling="n/a", normalisation="n/a", **inputs)
    grid = load_grid(inputs["brain_mask"], space)
    brain = read_mask(inputs["brain_mask"], grid)
    for fold, path in enumerate(fold_maps):
        write_map(grid.make_volume(group_map.combine.of_fold(fold), brain), path, grid)


if __name__ == "__main__":
    with job(snakemake, snakemake.params.compute_threads):
        main(
            map_name=f"{snakemake.wildcards.linear}_{snakemake.wildcards.kind}",
            inputs=dict(snakemake.input.items()),
            space=snakemake.params.space,
            feature=snakemake.params.feature,
            fold_maps=snakemake.output.fold_maps,
        )
