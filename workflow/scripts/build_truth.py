"""The ground truth, the expected loss of grey matter in disease, as a reference."""

from relmaps.io.images import load_grid, read_map, read_mask
from relmaps.io.jobs import job
from relmaps.reference.truth import truth_reference


def main(loss, brain_mask, space, reference_map, mask, thresholds, sidecar):
    grid = load_grid(brain_mask, space)
    reference = truth_reference(read_map(loss, grid), read_mask(brain_mask, grid))
    reference.write(reference_map, mask, sidecar, grid, thresholds)


if __name__ == "__main__":
    with job(snakemake):
        main(
            loss=snakemake.input.loss,
            brain_mask=snakemake.input.brain_mask,
            space=snakemake.params.space,
            reference_map=snakemake.output.reference_map,
            mask=snakemake.output.mask,
            thresholds=snakemake.output.thresholds,
            sidecar=snakemake.output.sidecar,
        )
