"""A reference that is no ground truth: ALE of reported foci, or a ready-made map."""

from relmaps.io.images import load_grid, read_mask
from relmaps.io.jobs import job
from relmaps.reference.sources import build_reference


def main(evidence, brain_mask, space, settings, seed, cores, reference_map, mask, thresholds, sidecar):
    """`evidence` : what the source is made from. `settings` : the reference's, of its record in the catalogue."""
    grid = load_grid(brain_mask, space)
    settings = settings | {"seed": seed, "cores": cores}
    reference = build_reference(evidence, settings, grid, read_mask(brain_mask, grid))
    reference.write(reference_map, mask, sidecar, grid, thresholds)


if __name__ == "__main__":
    with job(snakemake, snakemake.params.compute_threads):
        main(
            evidence=snakemake.input.evidence,
            brain_mask=snakemake.input.brain_mask,
            space=snakemake.params.space,
            settings=snakemake.params.settings,
            seed=snakemake.params.seed,
            cores=snakemake.params.compute_threads,
            reference_map=snakemake.output.reference_map,
            mask=snakemake.output.mask,
            thresholds=snakemake.output.thresholds,
            sidecar=snakemake.output.sidecar,
        )
