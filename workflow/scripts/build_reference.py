"""A reference that is no known truth: ALE of reported foci, or a ready-made map."""

from relmaps.io.images import load_grid, read_mask
from relmaps.io.jobs import job
from relmaps.reference.ale import Correction
from relmaps.reference.ale_reference import ale_reference
from relmaps.reference.nifti import nifti_reference
from relmaps.reference.sleuth import read_label, read_sleuth


def main(evidence, brain_mask, space, settings, seed, cores, reference_map, mask, thresholds, sidecar):
    """`evidence` : a map if the source is nifti, else a Sleuth file. `settings` : the reference's in the configuration,
    without what chose the foci, and `sample_sizes` of the sweep."""
    grid = load_grid(brain_mask, space)
    brain = read_mask(brain_mask, grid)
    if settings["source"] == "nifti":
        reference = nifti_reference(evidence, settings["threshold"], grid, brain)
    else:
        correction = Correction(
            method=settings["correction"],
            alpha=settings["alpha"],
            cluster_forming_p=settings["cluster_forming_p"],
            iterations=settings["iterations"],
            minimum_cluster_voxels=settings["minimum_cluster_voxels"],
            seed=seed,
            cores=cores,
        )
        reference = ale_reference(
            read_sleuth(evidence),
            str(evidence),
            correction,
            grid,
            brain,
            kind="text_mined" if settings["source"] == "neuroquery" else "meta_analysis",
            label=read_label(evidence),
            sample_sizes=settings["sample_sizes"],
        )
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
