"""The meta-analysis as a reference: ALE of reported foci, or a ready-made map."""

from relmaps.images import load_grid, read_mask
from relmaps.jobs import job
from relmaps.reference.ale import ale_reference
from relmaps.reference.nifti import nifti_reference
from relmaps.reference.sleuth import read_sleuth


def main(evidence, brain_mask, space, source, threshold, fdr, minimum_cluster_voxels, reference_map, mask, sidecar):
    """`evidence` : a Sleuth file if the source is simulated or sleuth, a map if it is nifti."""
    grid = load_grid(brain_mask, space)
    brain = read_mask(brain_mask, grid)
    if source == "nifti":
        reference = nifti_reference(evidence, threshold, grid, brain)
    else:
        reference = ale_reference(read_sleuth(evidence), evidence, fdr, minimum_cluster_voxels, grid, brain)
    reference.write(reference_map, mask, sidecar, grid)


if __name__ == "__main__":
    with job(snakemake, snakemake.params.compute_threads):
        main(
            evidence=snakemake.input.evidence,
            brain_mask=snakemake.input.brain_mask,
            space=snakemake.params.space,
            source=snakemake.params.source,
            threshold=snakemake.params.threshold,
            fdr=snakemake.params.fdr,
            minimum_cluster_voxels=snakemake.params.minimum_cluster_voxels,
            reference_map=snakemake.output.reference_map,
            mask=snakemake.output.mask,
            sidecar=snakemake.output.sidecar,
        )
