"""The expected loss of grey matter on the study's grid, and a simulated literature whose foci are sampled from it."""

from pathlib import Path

from relmaps.io.files import write_text
from relmaps.io.images import load_grid, read_map, read_mask, write_map
from relmaps.io.jobs import job
from relmaps.preprocess.template import template_paths
from relmaps.reference.truth import truth_reference
from relmaps.simulation.disease import disease_field, expected_loss, truth_on
from relmaps.simulation.literature import simulate_literature
from relmaps.simulation.phantom import field_tissues
from relmaps.simulation.regions import compute_losses
from relmaps.space.template import select_source


def main(*, template, images, truth, literature, space, disease, studies, seed):
    paths = template_paths(template, space)
    grid = load_grid(paths["brain_mask"], space)
    tissues = field_tissues(select_source(images))
    field = sum(disease_field(tissues, loss) for loss in compute_losses(disease["regions"], tissues.grid))
    loss = expected_loss(field, tissues.voxel_mm, disease["severity"], disease["severity_spread"])
    inside = read_mask(paths["brain_mask"], grid)
    loss_of_gm = truth_on(loss, tissues.grid, read_map(paths["GM_probseg"], grid), grid) * inside
    write_map(loss_of_gm, truth, grid, {"units": "expected loss of grey matter, fraction of the voxel's volume"})
    mask = truth_reference(loss_of_gm, inside).mask
    text = simulate_literature(loss_of_gm, mask, read_mask(paths["gm_mask"], grid), grid, seed=seed, **studies)
    write_text(text, literature)


if __name__ == "__main__":
    with job(snakemake):
        main(
            template=Path(snakemake.input.template[0]).parent,
            images=snakemake.params.images,
            truth=snakemake.output.truth,
            literature=snakemake.output.literature,
            space=snakemake.params.space,
            disease=snakemake.params.disease,
            studies=snakemake.params.literature,
            seed=snakemake.params.seed,
        )
