"""The expected loss of grey matter on the study's grid, and a simulated literature whose foci are drawn from it."""

from relmaps.cohort.disease import build_effects, expected_loss, truth_on
from relmaps.cohort.literature import simulate_literature
from relmaps.cohort.phantom import build_phantom
from relmaps.files import write_text
from relmaps.images import load_grid, read_map, read_mask, write_map
from relmaps.jobs import job
from relmaps.reference.truth import truth_reference


def main(*, gm, brain, gm_mask, truth, literature, space, regions, severity, severity_spread, studies, seed):
    grid = load_grid(brain, space)
    phantom = build_phantom()
    loss = expected_loss(build_effects(phantom, regions), phantom, severity, severity_spread)
    inside = read_mask(brain, grid)
    loss_of_gm = truth_on(loss, phantom.field_grid, read_map(gm, grid), grid) * inside
    write_map(loss_of_gm, truth, grid, {"units": "expected loss of grey matter, fraction of the voxel's volume"})
    mask = truth_reference(loss_of_gm, inside).mask
    text = simulate_literature(loss_of_gm, mask, read_mask(gm_mask, grid), grid, seed=seed, **studies)
    write_text(text, literature)


if __name__ == "__main__":
    with job(snakemake):
        main(
            gm=snakemake.input.gm,
            brain=snakemake.input.brain,
            gm_mask=snakemake.input.gm_mask,
            truth=snakemake.output.truth,
            literature=snakemake.output.literature,
            space=snakemake.params.space,
            regions=snakemake.params.regions,
            severity=snakemake.params.severity,
            severity_spread=snakemake.params.severity_spread,
            studies=snakemake.params.literature,
            seed=snakemake.params.seed,
        )
